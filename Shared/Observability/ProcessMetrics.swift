internal import ResidentMemory

#if canImport(Glibc)
    import Glibc
#endif

/// What the kernel knows of this process, under the names that Prometheus' own clients use.
public enum ProcessMetrics {
    /// - Parameters:
    ///   - version: of the service, for `sluice_build_info`.
    public static func register(in registry: MetricsRegistry, service: String, instance: String, version: String) {
        registry.gauge(
            "sluice_build_info", "Always 1; what runs here.",
            labels: ["service": service, "instance": instance, "version": version]
        ).set(1)
        registry.counter("process_cpu_seconds_total", "User and system time.", reading: cpuSeconds)
        registry.gauge("process_resident_memory_bytes", "Memory that is in use.") {
            ResidentMemory.now().map { Double($0.total) } ?? .nan
        }
        registry.gauge("process_open_fds", "Open file descriptors.") { openDescriptors.map(Double.init) ?? .nan }
        registry.gauge("process_max_fds", "Most file descriptors that may be open.", reading: descriptorLimit)
        let start = Double(time(nil))
        registry.gauge("process_start_time_seconds", "Start as Unix time.", reading: { start })
    }

    /// Nil where `/proc` is not there.
    static var openDescriptors: Int? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // Two entries are no descriptors, and one is this look's own.
        return count - 3
    }

    private static func descriptorLimit() -> Double {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return .nan }
        return Double(limit.rlim_cur)
    }

    static func cpuSeconds() -> Double {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        let microseconds = Double(usage.ru_utime.tv_usec) + Double(usage.ru_stime.tv_usec)
        return Double(usage.ru_utime.tv_sec) + Double(usage.ru_stime.tv_sec) + microseconds / 1e6
    }
}
