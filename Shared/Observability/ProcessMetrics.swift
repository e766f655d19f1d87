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
        let start = Double(time(nil))
        registry.gauge("process_start_time_seconds", "Start as Unix time.", reading: { start })
    }

    static func cpuSeconds() -> Double {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        let microseconds = Double(usage.ru_utime.tv_usec) + Double(usage.ru_stime.tv_usec)
        return Double(usage.ru_utime.tv_sec) + Double(usage.ru_stime.tv_sec) + microseconds / 1e6
    }
}
