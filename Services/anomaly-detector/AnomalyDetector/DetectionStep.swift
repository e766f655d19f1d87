internal import DetectorCatalog
internal import IOLoop
internal import Logging
internal import Model
internal import Observability
internal import Plugins

/// The stage's work on a batch: be the only one to learn from it, load the state of series not seen before, score, learn, and publish what was found.
@IOThread
final class DetectionStep {
    private let memory: SeriesMemory
    private let store: StateStore
    private let leases: PartitionLeases
    private let alerts: AlertDelivery
    private let metrics: AnomalyDetectorMetrics
    private let checkpoints: Checkpoints
    /// Of batches in which something was found.
    private var saving: [BatchIdentity: Task<Void, Never>] = [:]
    private let now: @Sendable () -> Timestamp

    init(
        memory: SeriesMemory, store: StateStore, leases: PartitionLeases, alerts: AlertDelivery,
        checkpoints: Checkpoints, metrics: AnomalyDetectorMetrics,
        now: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        self.memory = memory
        self.store = store
        self.leases = leases
        self.alerts = alerts
        self.checkpoints = checkpoints
        self.metrics = metrics
        self.now = now
    }

    /// Batches come one at a time: nothing else touches the series between loading them and learning.
    func detect(in batch: ReadingBatch) async -> ReadingBatch {
        guard batch.count > 0 else { return batch }
        let slots = await own(batch)
        defer { leases.unpin() }
        let learning = memory.apply(batch, slots: slots)
        let findings = run(DetectorInput(batch: batch, slots: slots, learning: learning, now: now()))
        var scored = batch
        scored.take(findings)
        publish(findings.anomalies, of: scored)
        save(findings.anomalies, batch, slots)
        metrics.counted(findings, learning: learning, series: memory.count)
        return scored
    }

    /// Calls `acknowledge` when what was learnt in finding something is saved, and the alerts of the batch are with the broker, or a
    /// bounded time later.
    func settle(_ identity: BatchIdentity, then acknowledge: @escaping @IOThread () -> Void) {
        guard let saved = saving.removeValue(forKey: identity) else {
            return alerts.settle(identity, then: acknowledge)
        }
        IOThread.task {
            await saved.value
            self.alerts.settle(identity, then: acknowledge)
        }
    }

    /// A detector that has alarmed is silent for a while, and learns in doing so. Were that lost in a crash, it would alarm again.
    private func save(_ anomalies: [Anomaly], _ batch: ReadingBatch, _ slots: [Int32]) {
        let alarmed = Set(anomalies.map { slots[Int(batch.seriesIndex[Int($0.row)])] })
        guard !alarmed.isEmpty else { return }
        let before = saving[batch.identity]
        saving[batch.identity] = IOThread.task { [checkpoints] in
            await before?.value
            await checkpoints.checkpoint(alarmed)
        }
    }

    /// Nobody else learns from its partitions now, and the state of all its series is in memory.
    ///
    /// - Returns: the slot of each series.
    private func own(_ batch: ReadingBatch) async -> [Int32] {
        let partitions = Set(batch.series.map(\.partition)).sorted()
        while true {
            await leases.pin(partitions)
            var new: [Int32] = []
            let slots = memory.slots(of: batch, new: &new)
            if new.isEmpty { return slots }
            await load(new)
            if leases.stillHolds(partitions) { return slots }
        }
    }

    private func run(_ input: DetectorInput) -> DetectorFindings {
        var findings = memory.chain.detect(input) { [metrics] detector, error in
            metrics.detectorFailed.emit(["detector": "\(detector.name)", "why": "\(error)"])
        }
        memory.settle(&findings, in: input.batch, slots: input.slots)
        return findings
    }

    private func load(_ new: [Int32]) async {
        let names = new.map { memory.entries[Int($0)].name }
        for (slot, loaded) in zip(new, await store.load(names)) {
            metrics.loaded(loaded)
            switch loaded {
            case .found(let state, let revision):
                metrics.refused(memory.adopt(state, revision: revision, slot: slot))
            case .missing: memory.setRevision(0, slot: slot)
            case .unreadable(let revision): memory.setRevision(revision, slot: slot)
            // Cold. The first checkpoint finds out whether Redis knows more.
            case .unavailable: memory.setRevision(nil, slot: slot)
            }
        }
    }

    /// Anomalies that the batch came with were published by whoever found them.
    private func publish(_ anomalies: [Anomaly], of batch: ReadingBatch) {
        guard !anomalies.isEmpty else { return }
        var found = batch
        found.anomalies = anomalies
        alerts.publish(found.alerts, of: batch.identity)
    }
}
