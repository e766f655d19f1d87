import AlertRecords
import Alerting
import DetectorCatalog
import Detectors
import IOLoop
import Logging
import Model
import Observability
import Plugins
import Redis
import Settings
import Testing

@testable import AnomalyDetector

/// All of one anomaly-detector but its pipes.
@IOThread
final class DetectorInstance {
    let name: String
    let registry = MetricsRegistry()
    let memory: SeriesMemory
    let store: StateStore
    let leases: PartitionLeases
    let step: DetectionStep
    let checkpoints: Checkpoints
    let told = AlertList()
    let record: AlertLedger
    let outbox: AlertOutbox
    let watch: SilenceWatch
    let rounds: AlertRounds
    let adoption: PartitionAdoption
    let journal: BatchJournal

    init(
        _ configuration: RedisConfiguration, instance: String = "anomaly-detector-1", lease: Duration = .seconds(5),
        settling: Duration = .zero, idle: Duration = .seconds(3_600),
        detectors: [any Detector] = [RunningZScore()], alerts: AlertBook = AlertBook(),
        record: AlertLedger = AlertLedger(), journalLimit: ByteCount = .mebibytes(64)
    ) {
        name = instance
        let metrics = AnomalyDetectorMetrics(registry: registry, logger: .silent)
        self.record = record
        memory = SeriesMemory(DetectorChain(detectors.map { DetectorChain.Member($0) }), alerts: alerts)
        store = StateStore(configuration)
        outbox = AlertOutbox(
            memory: memory, record: record, notifiers: [told], patience: .seconds(30), metrics: metrics
        ) { true }
        let journal = BatchJournal(
            JournalStore(store.connection, holder: instance), partitions: .standard, limit: journalLimit,
            metrics: metrics)
        self.journal = journal
        let checkpoints = Checkpoints(memory: memory, store: store, journal: journal, metrics: metrics, idle: idle)
        self.checkpoints = checkpoints
        leases = PartitionLeases(store.connection, holder: instance, lease: lease, settling: settling, metrics: metrics)
        {
            await checkpoints.handOver($0)
        }
        watch = SilenceWatch(memory, partitions: .standard)
        step = DetectionStep(
            memory: memory, store: store, leases: leases, alerts: outbox, watch: watch, checkpoints: checkpoints,
            journal: journal, metrics: metrics)
        rounds = AlertRounds(
            memory: memory, watch: watch, leases: leases, outbox: outbox, checkpoints: checkpoints, store: store)
        adoption = PartitionAdoption(step: step, leases: leases, store: store, always: watch.partition)
        journal.epoch = { [leases] in leases.epoch(of: $0) }
        checkpoints.onHandOver = { [weak step] in step?.leave($0) }
        checkpoints.onAdoption = { [outbox] in outbox.resume($0) }
    }

    /// Connected, as after a start.
    static func started(
        _ url: String, instance: String = "anomaly-detector-1", lease: Duration = .seconds(5),
        settling: Duration = .zero, detectors: [any Detector] = [RunningZScore()], alerts: AlertBook = AlertBook(),
        record: AlertLedger = AlertLedger()
    ) async throws -> DetectorInstance {
        let instance = DetectorInstance(
            try RedisConfiguration(url: url), instance: instance, lease: lease, settling: settling,
            detectors: detectors, alerts: alerts, record: record)
        instance.store.connection.start()
        try #require(await instance.store.connection.isConnected(within: .seconds(30)))
        return instance
    }

    /// - Returns: the values that were anomalies.
    @discardableResult
    func feed(_ sequence: UInt64, _ values: [Double], device: String = "dev-1") async -> [Double] {
        await feed(sequence, [device: values])
    }

    @discardableResult
    func feed(_ sequence: UInt64, _ values: [String: [Double]]) async -> [Double] {
        let scored = await step.detect(in: .of(values, sequence: sequence))
        return scored.anomalies.map { scored.value[Int($0.row)] }
    }

    /// As when the batch is stored downstream.
    func acknowledge(_ sequence: UInt64) async {
        await withCheckedContinuation { continuation in
            step.settle(BatchIdentity(producer: "producer", sequence: sequence)) { continuation.resume() }
        }
    }

    func count(of device: String = "dev-1") -> UInt64? {
        guard let slot = memory.slot(of: SensorName(device: device, sensor: "temperature")) else { return nil }
        return memory.summary(of: slot).count
    }

    func metric(_ line: String) -> Bool { registry.prometheusText().contains(line + "\n") }
}

/// Remembers what it was told.
@IOThread
final class AlertList: Notifier {
    nonisolated let name = "list"
    private(set) var transitions: [AlertTransition] = []

    nonisolated init() {}

    @IOThread
    func notify(_ transitions: [AlertTransition]) async throws {
        self.transitions += transitions
    }
}

/// What PostgreSQL does, in memory: one open alert of a fingerprint.
@IOThread
final class AlertLedger: AlertRecording {
    struct Away: Error {}

    private(set) var transitions: [AlertTransition] = []
    private var open: [AlertFingerprint: (id: String, ordinal: UInt32)] = [:]
    var isAway = false

    nonisolated init() {}

    func store(_ transitions: [AlertTransition]) async throws -> [AlertOutcome] {
        if isAway { throw Away() }
        return transitions.map(take)
    }

    private func take(_ transition: AlertTransition) -> AlertOutcome {
        if self.transitions.contains(where: { $0.id == transition.id }) { return .known }
        if let other = open[transition.fingerprint], other.id != transition.alertID, transition.to != .resolved {
            return .superseded(by: other.id, ordinal: other.ordinal)
        }
        self.transitions.append(transition)
        open[transition.fingerprint] = transition.to == .resolved ? nil : (transition.alertID, transition.ordinal)
        return .stored
    }
}

extension Logger {
    static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}

extension ReadingBatch {
    /// One series `temperature` a device.
    static func of(_ values: [String: [Double]], sequence: UInt64) -> ReadingBatch {
        var batch = ReadingBatch(identity: BatchIdentity(producer: "producer", sequence: sequence))
        for (device, values) in values.sorted(by: { $0.key < $1.key }) {
            let index = UInt32(batch.series.count)
            batch.series.append(
                Series(
                    device: device, sensor: "temperature", unit: "C",
                    partition: Partition(device: device, of: .standard)))
            for value in values {
                batch.appendReading(
                    seriesIndex: index, timestamp: Int64(sequence) * 1_000_000, value: value, receivedAt: 0,
                    position: UInt32(batch.count))
            }
        }
        return batch
    }
}

/// Waits for a condition, not for a time.
@IOThread
func eventually(
    _ condition: @IOThread () -> Bool, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while !condition() {
        try #require(
            ContinuousClock.now < deadline, "the condition did not come true within 30 s",
            sourceLocation: sourceLocation)
        await EventLoop.sleep(for: .milliseconds(5))
    }
}
