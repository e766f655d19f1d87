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
        registry.gauge("process_resident_memory_bytes", "Memory that is in use.", reading: residentBytes)
        let start = Double(time(nil))
        registry.gauge("process_start_time_seconds", "Start as Unix time.", reading: { start })
    }

    static func cpuSeconds() -> Double {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        let microseconds = Double(usage.ru_utime.tv_usec) + Double(usage.ru_stime.tv_usec)
        return Double(usage.ru_utime.tv_sec) + Double(usage.ru_stime.tv_sec) + microseconds / 1e6
    }

    /// The second number of `/proc/self/statm` is the resident pages.
    static func residentBytes() -> Double {
        guard let file = fopen("/proc/self/statm", "r") else { return .nan }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        guard fgets(&line, 128, file) != nil else { return .nan }
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let numbers = text.split(separator: " ").compactMap { Double($0) }
        return numbers.count > 1 ? numbers[1] * Double(sysconf(Int32(_SC_PAGESIZE))) : .nan
    }
}
