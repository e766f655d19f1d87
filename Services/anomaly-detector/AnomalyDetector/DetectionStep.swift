internal import Alerting
internal import DetectorCatalog
internal import IOLoop
internal import Logging
internal import Model
internal import Observability
internal import Plugins
internal import StageRuntime

/// The stage's work on a batch: be the only one to learn from it, load the state of series not seen before, score, learn, and publish what was found.
@IOThread
final class DetectionStep {
    let memory: SeriesMemory
    private let store: StateStore
    let leases: PartitionLeases
    let alerts: AlertOutbox
    let watch: SilenceWatch
    let journal: BatchJournal
    private let turn = Turn()
    private var takenUp: Set<Partition> = []
    /// Series of which Redis knew nothing: PostgreSQL may know of an alert.
    var onColdStart: (@IOThread ([Int32]) -> Void)?
    let metrics: AnomalyDetectorMetrics
    let checkpoints: Checkpoints
    /// Of batches in which something was found.
    private var saving: [BatchIdentity: Task<Void, Never>] = [:]
    private let now: @Sendable () -> Timestamp
    var catchingUp: Task<Void, Never>?

    init(
        memory: SeriesMemory, store: StateStore, leases: PartitionLeases, alerts: AlertOutbox,
        watch: SilenceWatch, checkpoints: Checkpoints, journal: BatchJournal, metrics: AnomalyDetectorMetrics,
        now: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        self.memory = memory
        self.store = store
        self.leases = leases
        self.alerts = alerts
        self.watch = watch
        self.checkpoints = checkpoints
        self.journal = journal
        self.metrics = metrics
        self.now = now
    }

    /// One batch at a time: nothing else touches the series between loading them and learning.
    func detect(in batch: ReadingBatch) async -> ReadingBatch {
        guard batch.count > 0 || !batch.presence.isEmpty else { return batch }
        await turn.take()
        defer { turn.pass() }
        let slots = await own(batch)
        defer { leases.unpin() }
        let wall = now()
        let learning = memory.apply(batch, slots: slots)
        let findings = run(DetectorInput(batch: batch, slots: slots, learning: learning, now: wall))
        var scored = batch
        scored.take(findings)
        raise(findings, batch, slots, learning, wall)
        if memory.hasLearnt(slots) || !batch.presence.isEmpty { journal.append(batch, at: wall) }
        metrics.counted(findings, learning: learning, series: memory.count)
        return scored
    }

    /// What comes of the findings for people.
    private func raise(
        _ findings: DetectorFindings, _ batch: ReadingBatch, _ slots: [Int32], _ learning: [DetectorInput.Learning],
        _ wall: Timestamp
    ) {
        var transitions = breaches(findings, batch, slots, learning, wall)
        watch.heard(batch, slots: slots, at: .now, wall: wall, into: &transitions)
        for change in batch.presence { hear(change, batch, wall, &transitions) }
        alerts.add(transitions, of: batch.identity)
        let alarmed = findings.anomalies.flatMap {
            [slots[Int(batch.seriesIndex[Int($0.row)])], memory.learner(of: $0, in: batch, slots)]
        }
        let changed = transitions.compactMap { memory.slot(of: $0.fingerprint.series) }
        for slot in changed { memory.markDirty(slot) }
        save(Set(alarmed + changed), batch.identity)
    }

    /// What the findings mean for alerts.
    func breaches(
        _ findings: DetectorFindings, _ batch: ReadingBatch, _ slots: [Int32], _ learning: [DetectorInput.Learning],
        _ wall: Timestamp
    ) -> [AlertTransition] {
        var transitions: [AlertTransition] = []
        let breaches =
            findings.ongoing.isEmpty
            ? findings.anomalies.sortedByRow : (findings.anomalies + findings.ongoing).sortedByRow
        // Those that took this batch before have taken what comes of it, too.
        let taking = zip(slots, learning).map { $1 == .learn ? $0 : -1 }
        memory.book.take(
            breaches, of: batch, slots: taking, unjudged: findings.unjudged, now: wall, into: &transitions)
        return transitions
    }

    func hear(
        _ change: PresenceChange, _ batch: ReadingBatch, _ wall: Timestamp, _ transitions: inout [AlertTransition]
    ) {
        guard let slot = memory.slot(of: SensorName(device: change.device, sensor: "")), memory.isNews(batch, of: slot)
        else { return }
        memory.touch(slot, at: .now)
        watch.heard(change, slot: slot, wall: wall, into: &transitions)
    }

    /// Calls `acknowledge` when what was learnt is in the journal, and in finding something saved, and the alerts of the batch are with
    /// the broker, or a bounded time later.
    func settle(_ identity: BatchIdentity, then acknowledge: @escaping @IOThread () -> Void) {
        journal.write(upTo: identity) { self.settleAlerts(of: identity, then: acknowledge) }
    }

    private func settleAlerts(of identity: BatchIdentity, then acknowledge: @escaping @IOThread () -> Void) {
        guard let saved = saving.removeValue(forKey: identity) else {
            return alerts.settle(identity, then: acknowledge)
        }
        IOThread.task {
            await saved.value
            self.alerts.settle(identity, then: acknowledge)
        }
    }

    /// A detector that has alarmed is silent for a while, and learns in doing so. Were that lost in a crash, it would alarm again.
    private func save(_ alarmed: Set<Int32>, _ identity: BatchIdentity) {
        guard !alarmed.isEmpty else { return }
        let before = saving[identity]
        saving[identity] = IOThread.task { [checkpoints] in
            await before?.value
            await checkpoints.checkpoint(alarmed)
        }
    }

    /// Nobody else learns from its partitions now, and the state of all its series is in memory.
    ///
    /// - Returns: the slot of each series.
    private func own(_ batch: ReadingBatch) async -> [Int32] {
        let partitions = Set(batch.series.map(\.partition) + batch.presence.map(\.partition)).sorted()
        while true {
            await leases.pin(partitions)
            if await learnWhatIsLeft(of: partitions), !leases.stillHolds(partitions) { continue }
            var new: [Int32] = []
            let slots = slots(of: batch, &new)
            if !new.isEmpty { await load(new) }
            if await !catchUp(with: slots), new.isEmpty { return slots }
            if leases.stillHolds(partitions) { return slots }
        }
    }

    func slots(of batch: ReadingBatch, _ new: inout [Int32]) -> [Int32] {
        let slots = memory.slots(of: batch, new: &new)
        guard memory.chain.watchesSilences else { return slots }
        for change in batch.presence {
            _ = memory.slot(for: SensorName(device: change.device, sensor: ""), change.partition, new: &new)
        }
        return slots
    }

    /// - Parameter isReplay: what knows the batch already is neither scored nor heard again.
    func run(_ input: DetectorInput, isReplay: Bool = false) -> DetectorFindings {
        let devices = memory.ofDevices(input, known: isReplay ? .ignore : .scoreOnly)
        var findings = memory.chain.detect(input, ofDevices: devices, onEvent: metrics.plugins.take)
        memory.settle(&findings, in: input.batch, slots: input.slots, isReplay: isReplay)
        return findings
    }

    /// Series of a partition of which no reading may ever come again: their alerts and silences go on.
    func takeUp(_ partition: Partition, _ series: Set<SensorName>) async {
        await turn.take()
        defer { turn.pass() }
        // Another's by now: it is not to be disturbed.
        guard leases.holds(partition) else { return }
        await leases.pin([partition])
        defer { leases.unpin() }
        _ = await learnWhatIsLeft(of: [partition])
        guard journal.isOpen(partition) else { return }
        var new: [Int32] = []
        for name in series { _ = memory.slot(for: name, partition, new: &new) }
        if partition == watch.partition { _ = memory.slot(for: SilenceWatch.broker, partition, new: &new) }
        for start in stride(from: 0, to: new.count, by: 500) {
            await load(Array(new[start..<min(start + 500, new.count)]))
        }
        // They are looked at again.
        guard forgetUnknown(new) else { return }
        takenUp = takenUp.filter { leases.stillHolds([$0]) }
        if leases.stillHolds([partition]) { takenUp.insert(partition) }
    }

    /// Whether all series of a partition are in memory, and not only those of which readings came.
    func hasTakenUp(_ partition: Partition) -> Bool { takenUp.contains(partition) }

    /// The partition is another's now.
    func leave(_ partition: Partition) {
        takenUp.remove(partition)
        journal.leave(partition)
    }

    /// A series does not stay without its device: the device's slot will be another's.
    ///
    /// - Returns: whether Redis said of all of them what it has.
    func forgetUnknown(_ new: [Int32]) -> Bool {
        let unknown = Set(new.filter { memory.entries[Int($0)].revision == nil })
        guard !unknown.isEmpty else { return true }
        let due = new.filter { unknown.contains($0) || unknown.contains(memory.entries[Int($0)].device) }
        // They may have been forgotten while they were loaded.
        for slot in due where memory.slot(of: memory.entries[Int(slot)].name) == slot { memory.forget(slot) }
        return false
    }

    func load(_ new: [Int32]) async {
        // A slot that was another's before.
        for slot in new { watch.forget(slot) }
        let names = new.map { memory.entries[Int($0)].name }
        var cold: [Int32] = []
        for (slot, loaded) in zip(new, await store.load(names)) {
            metrics.loaded(loaded)
            switch loaded {
            case .found(let state, let revision):
                var transitions: [AlertTransition] = []
                metrics.refused(memory.adopt(state, revision: revision, slot: slot, into: &transitions))
                alerts.resume(slot)
            case .missing:
                memory.setRevision(0, slot: slot)
                cold.append(slot)
            case .unreadable(let revision): memory.setRevision(revision, slot: slot)
            // Cold. The first checkpoint finds out whether Redis knows more.
            case .unavailable: memory.setRevision(nil, slot: slot)
            }
        }
        if !cold.isEmpty { onColdStart?(cold) }
        catchUp()
    }
}

extension [Anomaly] {
    fileprivate var sortedByRow: [Anomaly] { sorted { $0.row < $1.row } }
}
