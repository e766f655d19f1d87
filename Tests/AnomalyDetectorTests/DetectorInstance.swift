import DetectorCatalog
import Detectors
import IOLoop
import Logging
import Model
import Observability
import Plugins
import Redis
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

    init(
        _ configuration: RedisConfiguration, instance: String = "anomaly-detector-1", lease: Duration = .seconds(5),
        settling: Duration = .zero, idle: Duration = .seconds(3_600),
        detectors: [any Detector] = [RunningZScore()]
    ) {
        name = instance
        let metrics = AnomalyDetectorMetrics(registry: registry, logger: .silent)
        memory = SeriesMemory(DetectorChain(detectors.map { DetectorChain.Member($0) }))
        store = StateStore(configuration)
        let delivery = AlertDelivery([told], patience: .seconds(30), metrics: metrics) { true }
        let checkpoints = Checkpoints(memory: memory, store: store, metrics: metrics, idle: idle)
        self.checkpoints = checkpoints
        leases = PartitionLeases(store.connection, holder: instance, lease: lease, settling: settling, metrics: metrics)
        {
            await checkpoints.handOver($0)
        }
        step = DetectionStep(
            memory: memory, store: store, leases: leases, alerts: delivery, checkpoints: checkpoints, metrics: metrics)
    }

    /// Connected, as after a start.
    static func started(
        _ url: String, instance: String = "anomaly-detector-1", lease: Duration = .seconds(5),
        settling: Duration = .zero, detectors: [any Detector] = [RunningZScore()]
    ) async throws -> DetectorInstance {
        let instance = DetectorInstance(
            try RedisConfiguration(url: url), instance: instance, lease: lease, settling: settling,
            detectors: detectors)
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
    private(set) var alerts: [Alert] = []

    nonisolated init() {}

    @IOThread
    func notify(_ alerts: [Alert]) async throws {
        self.alerts += alerts
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
