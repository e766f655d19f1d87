import FoundationEssentials
import Glibc
import IOLoop
import PostgreSQL

/// The phases of a bench, in order.
@IOThread
struct BenchRun {
    let stack: PrivateStack
    let readings: Int
    let devices: Int
    let rate: Int
    let seconds: Int
    let scale: [ScaleOption]
    let streams: Int
    let pairs: Int

    init(stack: PrivateStack, command: PipelineBenchCommand) {
        self.stack = stack
        readings = command.readings
        devices = command.devices
        rate = command.rate
        seconds = command.seconds
        scale = command.scale
        streams = command.streams
        pairs = command.pairs
    }

    func measure() async throws -> BenchReport {
        let database = try await PostgreSQLConnection.connect(
            PostgreSQLConfiguration(url: stack.status.infrastructure.postgres.url, applicationName: "sluice bench"))
        defer { database.close() }
        // Series, partitions and caches exist before anything is timed.
        try await publish(devices * 40, rate: rate, prefix: "bench", anomalyEvery: 0)
        try await waitForStored(devices * 40, in: database)
        let throughput = try await measureThroughput(in: database)
        let latency = try await measureLatency(in: database)
        let watched = try await measureWatched(in: database)
        let scaled = try await measureScaled(in: database)
        let ceiling = try await measureCeiling()
        var report = BenchReport(
            cores: ProcessInfo.processInfo.activeProcessorCount, readings: readings,
            readingsPerSecond: throughput.rate, brokerCeiling: ceiling, usage: throughput.usage, latencyRate: rate)
        report.publishToPostgreSQL = latency.postgresql
        report.publishToRedis = latency.redis
        report.publishToAlert = latency.alert
        report.watched = watched
        report.scaledReadingsPerSecond = scaled
        report.ratioScaled = scaled.map { $0 / throughput.rate }
        return report
    }

    private func publish(_ count: Int, rate: Int, prefix: String, anomalyEvery: Int) async throws {
        try await stack.simulate([
            "--devices", "\(devices)", "--rate", "\(rate)", "--count", "\(count)", "--qos", "1", "--numbered",
            "--seed", "1", "--device-prefix", prefix, "--anomaly-every", "\(anomalyEvery)",
        ])
    }

    /// By the accounts of what was stored: counting the rows themselves costs what is being measured, more with each turn.
    private func storedReadings(in database: PostgreSQLConnection) async throws -> Int {
        Int(
            try await database.query(
                """
                select ((select coalesce(sum(readings), 0) from delivery_accounts)
                    + (select coalesce(sum(readings), 0) from producers))::bigint
                """
            ).integer(0, 0))
    }

    private func waitForStored(_ expected: Int, in database: PostgreSQLConnection) async throws {
        var stored = try await storedReadings(in: database)
        var lastProgress = ContinuousClock.now
        while stored < expected {
            // How long it all took is told by the rows, not by this loop.
            await EventLoop.sleep(for: .milliseconds(200))
            try Task.checkCancellation()
            let now = try await storedReadings(in: database)
            if now > stored { lastProgress = .now }
            stored = now
            guard ContinuousClock.now - lastProgress < .seconds(60) else {
                throw BenchFailure(
                    description: "only \(stored) of \(expected) readings are stored, and none in a minute")
            }
        }
    }

    // MARK: Throughput

    struct Throughput: Sendable {
        /// Readings a second.
        var rate: Double
        var usage: [BenchReport.Usage]
        /// Of the bench itself, without the processes that it starts; for each reading.
        var ownCPUMicroseconds: Double
    }

    /// - Parameter count: readings; as many as asked for unless it says otherwise.
    private func measureThroughput(
        of count: Int? = nil, in database: PostgreSQLConnection
    ) async throws -> Throughput {
        let readings = count ?? readings
        let stored = try await storedReadings(in: database)
        let before = cpuSeconds()
        let ownBefore = ownCPUSeconds()
        let memory = try await PeakMemory.during(stack.processes) {
            try await publish(readings, rate: 0, prefix: "bench", anomalyEvery: 0)
            try await waitForStored(stored + readings, in: database)
        }
        let after = cpuSeconds()
        let seconds = try await database.query(
            """
            select extract(epoch from max(pg_xact_commit_timestamp(xmin)) - min(time))::float8
            from (select xmin, time from reading_rows order by received_at desc limit \(readings)) newest
            """
        ).double(0, 0)
        guard seconds > 0 else { throw BenchFailure(description: "\(readings) readings are too few to measure") }
        let usage = stack.processes.map { process in
            let spent = (after[process.name] ?? 0) - (before[process.name] ?? 0)
            return BenchReport.Usage(
                process: process.name, cpuMicroseconds: spent * 1e6 / Double(readings),
                peakMebibytes: Double(memory[process.name] ?? 0) / 1_048_576)
        }
        return Throughput(
            rate: Double(readings) / seconds, usage: usage,
            ownCPUMicroseconds: (ownCPUSeconds() - ownBefore) * 1e6 / Double(readings))
    }

    /// Many short turns without and with open dashboards, by pairs whose order changes: the table grows, and a machine may grow slower.
    ///
    /// - Returns: nil when nobody asked for dashboards.
    private func measureWatched(in database: PostgreSQLConnection) async throws -> WatchedThroughput? {
        guard streams > 0 else { return nil }
        guard let monitor = stack.monitor else { throw BenchFailure(description: "no health-monitor runs") }
        let dashboards = OpenStreams(count: streams, monitor: monitor)
        var watched = WatchedThroughput(streams: streams)
        // The first ones find small tables, and are faster than all after them.
        for _ in 0..<2 { _ = try await measureThroughput(in: database) }
        let count = max(1, readings / Self.turnsPerPhase)
        let alone = { try await WatchedThroughput.Turn(measureThroughput(of: count, in: database)) }
        let seen = { try await dashboards.during { try await alone() } }
        for pair in 0..<pairs {
            if pair.isMultiple(of: 2) {
                watched.pairs.append(.init(alone: try await alone(), watched: try await seen()))
            } else {
                let first = try await seen()
                watched.pairs.append(.init(alone: try await alone(), watched: first))
            }
        }
        return watched
    }

    private static let turnsPerPhase = 5

    /// - Returns: nil when nobody asked for more instances.
    private func measureScaled(in database: PostgreSQLConnection) async throws -> Double? {
        guard !scale.isEmpty else { return nil }
        try await stack.scale(scale)
        return try await measureThroughput(in: database).rate
    }

    private func cpuSeconds() -> [String: Double] {
        stack.processes.reduce(into: [:]) { $0[$1.name] = ProcessUsage.read($1.pid)?.cpuSeconds }
    }

    private func ownCPUSeconds() -> Double {
        let table = ProcFileSystem()
        return Double(table.stat(getpid())?.ownTicks ?? 0) / ProcFileSystem.ticksPerSecond
    }

    // MARK: Latency

    private struct Latency {
        var postgresql: LatencySummary?
        var redis: LatencySummary?
        var alert: LatencySummary?
    }

    private func measureLatency(in database: PostgreSQLConnection) async throws -> Latency {
        let stored = try await storedReadings(in: database)
        let count = rate * seconds
        let alerts = try AlertObserver(host: broker.host, port: broker.port)
        defer { alerts.close() }
        try await alerts.subscribe()
        let redis = try RedisObserver(
            url: stack.status.infrastructure.redis.url, keys: try await probeKeys(in: database))
        try await publish(count, rate: rate, prefix: "bench", anomalyEvery: 200)
        try await waitForStored(stored + count, in: database)
        redis.close()
        return Latency(
            postgresql: try await commitLatency(of: count, in: database), redis: redis.sample.summary(),
            alert: alerts.sample.summary())
    }

    private func probeKeys(in database: PostgreSQLConnection) async throws -> [String] {
        let rows = try await database.query(
            "select 'sensor:' || device_id || ':' || sensor_type from sensors order by sensor_id limit 5")
        return (0..<rows.count).map { rows.text($0, 0) }
    }

    private func commitLatency(of count: Int, in database: PostgreSQLConnection) async throws -> LatencySummary? {
        let rows = try await database.query(
            """
            select 1000 * extract(epoch from pg_xact_commit_timestamp(xmin) - time)::float8
            from reading_rows order by received_at desc limit \(count)
            """)
        var sample = LatencySample()
        sample.add(contentsOf: (0..<rows.count).map { rows.double($0, 0) })
        return sample.summary()
    }

    // MARK: Ceiling

    /// The same publisher against a broker that has nobody else on it, while the services have nothing to do.
    private func measureCeiling() async throws -> Double? {
        let broker = try await CeilingBroker.start()
        let rate: Double?
        do {
            rate = try await ceiling(of: broker)
        } catch {
            try await broker.stop()
            throw error
        }
        try await broker.stop()
        return rate
    }

    private func ceiling(of broker: CeilingBroker) async throws -> Double? {
        let subscriber = try EmptySubscriber(host: "127.0.0.1", port: broker.port)
        defer { subscriber.close() }
        try await subscriber.subscribe(to: "sensors/#")
        try await SluiceProcess.run(
            [
                "simulate", "--mqtt", "mqtt://127.0.0.1:\(broker.port)", "--devices", "\(devices)", "--rate", "0",
                "--count", "\(readings)", "--qos", "1", "--numbered", "--seed", "1", "--anomaly-every", "0",
            ], log: broker.log)
        let deadline = ContinuousClock.now + .seconds(60)
        while subscriber.received < readings {
            guard ContinuousClock.now < deadline else {
                throw BenchFailure(
                    description: "the empty subscriber had \(subscriber.received) of \(readings) readings after 60 s")
            }
            await EventLoop.sleep(for: .milliseconds(20))
            try Task.checkCancellation()
        }
        return subscriber.rate
    }

    private var broker: (host: String, port: UInt16) {
        (stack.status.infrastructure.mqtt.host, UInt16(stack.status.infrastructure.mqtt.port))
    }
}
