import FoundationEssentials
import IOLoop

/// The phases of `sluice bench detection`, in order.
@IOThread
struct DetectionBenchRun {
    /// The detector's process at one moment.
    struct Look {
        var time: ContinuousClock.Instant
        var cpuSeconds: Double
        /// That it has taken from upstream since it began.
        var readings: Int
        var residentBytes: Int
    }

    private let stack: PrivateStack
    private let command: DetectionBenchCommand
    private let devices: Int

    init(stack: PrivateStack, command: DetectionBenchCommand) {
        self.stack = stack
        self.command = command
        let sensors = SensorProfile.all.count
        devices = (command.series + sensors - 1) / sensors
    }

    func measure() async throws -> DetectionReport {
        let detector = try detector()
        let series = devices * SensorProfile.all.count
        let idle = try await look(at: detector)
        // The first reading of a series asks Redis for what was known of it: that is not the cost of detection.
        let first = max(3 * series, command.rate * command.warmUp)
        try await publish(first, until: idle.readings + first, by: detector)
        let before = try await look(at: detector)
        let count = command.rate * command.seconds
        try await publish(count, until: before.readings + count, by: detector)
        let after = try await look(at: detector)
        return DetectionReport(
            cores: ProcessInfo.processInfo.activeProcessorCount, detectors: DetectionBenchCommand.detectors,
            series: series, wantedRate: command.rate, idle: idle, before: before, after: after)
    }

    private struct Detector {
        var pid: Int32
        var counters: StageCounters
    }

    private func detector() throws -> Detector {
        guard let service = stack.status.services.first(where: { $0.name == "anomaly-detector" }),
            let pid = service.pid,
            let counters = StageCounters(url: service.url)
        else { throw BenchFailure(description: "the anomaly-detector does not run") }
        return Detector(pid: pid, counters: counters)
    }

    private func look(at detector: Detector) async throws -> Look {
        let readings = try await detector.counters.received()
        guard let usage = ProcessUsage.read(detector.pid), let resident = ProcFileSystem().residentBytes(detector.pid)
        else { throw BenchFailure(description: "the anomaly-detector (pid \(detector.pid)) is gone") }
        return Look(time: .now, cpuSeconds: usage.cpuSeconds, readings: readings, residentBytes: resident)
    }

    private func publish(_ count: Int, until expected: Int, by detector: Detector) async throws {
        try await stack.simulate([
            "--devices", "\(devices)", "--rate", "\(command.rate)", "--count", "\(count)", "--qos", "1", "--batch",
            "\(command.batch)", "--seed", "1", "--device-prefix", "bench", "--anomaly-every", "0",
        ])
        var (taken, lastProgress) = (0, ContinuousClock.now)
        while taken < expected {
            try Task.checkCancellation()
            let now = try await detector.counters.received()
            if now > taken { (taken, lastProgress) = (now, .now) }
            guard ContinuousClock.now - lastProgress < .seconds(60) else {
                throw BenchFailure(
                    description: "the anomaly-detector has \(taken) of \(expected) readings, and none came in a minute")
            }
            // Each question costs the process that is measured.
            if taken < expected { await EventLoop.sleep(for: .milliseconds(250)) }
        }
    }
}
