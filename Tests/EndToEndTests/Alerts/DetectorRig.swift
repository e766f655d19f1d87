import AlertRecords
import Alerting
import Foundation
import IOLoop
import LocalServers
import Model
import Pipes
import PostgreSQL
import Processes
import Redis
import Schema
import TestServers
import Testing

/// The built anomaly-detector between two pipes of the test's own, with a real broker, Redis and PostgreSQL.
@IOThread
final class DetectorRig {
    /// What a storage-writer takes for a transaction.
    static let commit = Duration.milliseconds(20)
    /// Longer than any test: what is left after a kill is what the journal holds.
    static let checkpointInterval = "1h"

    let directory: String
    let database: PostgreSQLConnection
    let listener: AlertListener
    let upstream: OutboundPipe
    private let settings: String
    private let redis: String
    private var downstreams: [InboundPipe] = []
    private var unacknowledged: Set<UInt64> = []
    private var sent: UInt64 = 0
    /// Of the first delivery of each batch, by sequence.
    private(set) var scores: [UInt64: [Float]] = [:]
    private(set) var redelivered = 0
    private(set) var child: ChildProcess?

    private let producer: String
    private var instance: String

    /// - Parameters:
    ///   - url: of PostgreSQL.
    ///   - detectors: the list in the configuration, in YAML.
    ///   - number: of this one among several.
    init(broker: UInt16, redis: String, url: String, detectors: String, number: Int = 1) async throws {
        directory = try TestDirectory.make()
        self.redis = redis
        producer = "producer\(number)"
        instance = "anomaly-detector-\(number)"
        database = try await PostgreSQLConnection.connect(PostgreSQLConfiguration(url: url, applicationName: "tests"))
        try await Migrations.apply(on: database)
        listener = try await AlertListener.start(port: broker)
        upstream = try OutboundPipe(OutboundPipeConfiguration(bind: "tcp://127.0.0.1:0", instance: "preprocessor"))
        settings = """
            mqtt: { url: "mqtt://127.0.0.1:\(broker)" }
            redis: { url: "\(redis)" }
            postgres: { url: "\(url)" }
            http: { port: 0 }
            anomaly_detector:
              upstream: ["\(upstream.endpoint)"]
              checkpoint_interval: \(Self.checkpointInterval)
              detectors:
            \(detectors.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))
            """
    }

    func close() async {
        if let child { await child.stop(within: .seconds(60)) }
        for downstream in downstreams { downstream.close() }
        upstream.close()
        listener.close()
    }

    var log: String { (try? String(contentsOfFile: "\(directory)/log", encoding: .utf8)) ?? "" }

    // MARK: The process

    func start() async throws {
        let bind = "tcp://127.0.0.1:\(try PortReservation.freePort())"
        child = try launch(bind)
        receive(from: bind)
        try await waitForWorkers(1)
    }

    private func launch(_ bind: String) throws -> ChildProcess {
        let file = "\(directory)/sluice.yaml"
        try settings.write(toFile: file, atomically: true, encoding: .utf8)
        let arguments = [
            "--config", file, "--instance", instance, "--registry", "\(directory)/registry", "--set",
            "anomaly_detector.bind=\(bind)",
        ]
        return try ChildProcess.spawn(
            Command(
                Shell.product("anomaly-detector").path, arguments, directory: directory,
                output: .appended(to: "\(directory)/log")))
    }

    func waitForWorkers(_ count: Int) async throws {
        try await until("\(count) workers are there") { upstream.workers.count >= count && upstream.canAccept }
    }

    /// Without any warning, and starts it again.
    func killAndRestart() async throws {
        child?.signal(SIGKILL)
        _ = await child?.exitStatus()
        downstreams.last?.close()
        try await start()
    }

    /// Its lease has to end before another has what it learnt.
    func killAndReplace(by other: String) async throws {
        instance = other
        try await killAndRestart()
    }

    /// Lets it drain, and returns what Redis shows of the series then: mean, std and count.
    func statistics(of device: String, _ sensor: String = "temperature") async throws -> [String] {
        if let child { await child.stop(within: .seconds(60)) }
        child = nil
        let connection = RedisConnection(try RedisConfiguration(url: redis))
        connection.start()
        defer { connection.close() }
        try #require(await connection.isConnected(within: .seconds(30)))
        let reply = try await connection.send("HMGET", "stats:\(device):\(sensor)", "mean", "std", "count")
        return reply.array?.compactMap(\.text) ?? []
    }

    // MARK: Batches

    private func receive(from bind: String) {
        let downstream = InboundPipe(
            InboundPipeConfiguration(stage: "storage-writer", instance: "storage-writer-\(instance)"),
            from: .fixed([bind])
        ) { [weak self] delivery in self?.take(delivery) }
        downstream.start()
        downstreams.append(downstream)
    }

    private func take(_ delivery: Delivery) {
        if scores[delivery.batch.identity.sequence] != nil { redelivered += 1 }
        scores[delivery.batch.identity.sequence] = delivery.batch.anomalyScore
        IOThread.task {
            await EventLoop.sleep(for: Self.commit)
            delivery.ack()
        }
    }

    /// Returns when it is on its way, and few others are.
    func send(_ readings: [SyntheticReading], window: Int = 40) async throws {
        try await until("fewer than \(window) batches are on their way") { unacknowledged.count < window }
        sent += 1
        unacknowledged.insert(sent)
        var batch = ReadingBatch(identity: BatchIdentity(producer: producer, sequence: sent))
        batch.lowWater = unacknowledged.min() ?? sent
        for reading in readings { batch.append(reading) }
        upstream.send(OutgoingBatch(batch)) { [self, sequence = sent] outcome in
            guard outcome == .acknowledged else { return }
            unacknowledged.remove(sequence)
        }
    }

    func allAcknowledged() async throws {
        try await until("all batches are acknowledged") { unacknowledged.isEmpty }
    }

    // MARK: What came of it

    func alerts() async throws -> [AlertRecord] {
        try await AlertTable(connection: database).list(AlertFilter(), limit: 1_000).sorted { $0.id < $1.id }
    }

    func transitions(of id: String) async throws -> [TransitionRecord] {
        try await AlertTable(connection: database).show(id)?.transitions ?? []
    }

    func until(
        _ what: String, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () async throws -> Bool
    ) async throws {
        let holds = try await eventually(within: 120, condition)
        try #require(
            holds,
            "it did not come true that \(what)\n\(log.split(separator: "\n").suffix(20).joined(separator: "\n"))",
            sourceLocation: sourceLocation)
    }
}

struct SyntheticReading {
    var device: String
    var sensor = "temperature"
    var time: Timestamp
    var value: Double
}

extension ReadingBatch {
    mutating func append(_ reading: SyntheticReading) {
        let name = SensorName(device: reading.device, sensor: reading.sensor)
        let known = series.firstIndex { SensorName(of: $0) == name }
        if known == nil {
            series.append(
                Series(
                    device: name.device, sensor: name.sensor, unit: "C",
                    partition: Partition(device: name.device, of: .standard)))
        }
        appendReading(
            seriesIndex: UInt32(known ?? series.count - 1), timestamp: reading.time.microseconds, value: reading.value,
            receivedAt: reading.time.microseconds, position: UInt32(count))
    }
}

/// Runs `body` with a detector that has a broker and a Redis of its own.
@IOThread
func withDetector<Result>(
    _ detectors: String, _ body: @IOThread (DetectorRig) async throws -> Result
) async throws -> Result {
    try await withPrivateMosquitto { broker in
        let rig = try await DetectorRig(
            broker: broker.server.port, redis: try await TestServers.shared.redisURL(),
            url: try await TestServers.shared.postgreSQLURL(), detectors: detectors)
        return try await rig.run(body)
    }
}

extension DetectorRig {
    func run<Result>(_ body: @IOThread (DetectorRig) async throws -> Result) async throws -> Result {
        do {
            try await start()
            let result = try await body(self)
            await close()
            return result
        } catch {
            await close()
            throw error
        }
    }
}
