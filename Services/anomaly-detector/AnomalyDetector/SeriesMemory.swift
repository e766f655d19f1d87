internal import Alerting
internal import DetectorCatalog
internal import Detectors
internal import IOLoop
internal import Model
internal import Plugins

/// All series that this instance has state of: their slots in the detectors, and what was learnt from which batch.
@IOThread
final class SeriesMemory {
    struct Entry {
        var name: SensorName
        var partition: Partition
        var readings: UInt64 = 0
        var applied = AppliedBatches()
        var found = FoundAnomalies()
        /// Of the state in Redis that this one goes on from; 0 when Redis had none, nil when it could not be asked.
        var revision: Int64?
        var isDirty = false
        var lastBatch: UInt64 = 0
        var lastLearning = DetectorInput.Learning.learn
        var lastSeen = ContinuousClock.now
        /// The slot of the device as a whole, or -1 where nobody watches that.
        var device: Int32 = -1
        /// Whether Redis lists it among the series of its partition.
        var isListed = false

        var isWholeDevice: Bool { name.sensor.isEmpty }
    }

    let chain: DetectorChain
    /// Alerts of the same slots.
    var book: AlertBook
    private(set) var entries: [Entry] = []
    private var slots: [SensorName: Int32] = [:]
    private var free: [Int32] = []
    private var seriesCounts: [Partition: Int] = [:]
    private var dirty: [Int32] = []
    private var producers = ProducerNames()
    /// Counts batches, so that a series which a batch lists twice (in two units) is decided on once.
    private var batchNumber: UInt64 = 0

    init(_ chain: DetectorChain, alerts: AlertBook = AlertBook()) {
        self.chain = chain
        book = alerts
    }

    var count: Int { slots.count }
    var dirtyCount: Int { dirty.count }

    /// nil for a series that is not in memory.
    func slot(of name: SensorName) -> Int32? { slots[name] }

    /// The slot of each series of `batch`.
    ///
    /// - Parameter new: gets the slots of those that were not known before.
    func slots(of batch: ReadingBatch, new: inout [Int32]) -> [Int32] {
        let now = ContinuousClock.now
        return batch.series.map { series in
            let name = SensorName(of: series)
            if let known = slots[name] {
                // Kept from being forgotten while the state of others is loaded.
                entries[Int(known)].lastSeen = now
                if entries[Int(known)].device >= 0 { entries[Int(entries[Int(known)].device)].lastSeen = now }
                return known
            }
            let slot = add(name, series.partition, &new)
            new.append(slot)
            return slot
        }
    }

    /// The slot of what is saved under this name, which may be a whole device's.
    ///
    /// - Parameter new: gets the slots of those that were not known before.
    func slot(for name: SensorName, _ partition: Partition, new: inout [Int32]) -> Int32 {
        if let known = slots[name] { return known }
        let slot = name.sensor.isEmpty ? add(name, partition) : add(name, partition, &new)
        new.append(slot)
        return slot
    }

    /// A series, and its device where somebody watches that.
    private func add(_ name: SensorName, _ partition: Partition, _ new: inout [Int32]) -> Int32 {
        let slot = add(name, partition)
        guard chain.watchesDevices else { return slot }
        let device = self.slot(for: SensorName(device: name.device, sensor: ""), partition, new: &new)
        entries[Int(device)].lastSeen = .now
        entries[Int(slot)].device = device
        return slot
    }

    private func add(_ name: SensorName, _ partition: Partition) -> Int32 {
        let slot = free.popLast() ?? Int32(entries.count)
        if Int(slot) == entries.count {
            entries.append(Entry(name: name, partition: partition))
            // Doubling, so that ten thousand new series are not ten thousand growths of each detector.
            chain.reserveSlots(entries.capacity)
        } else {
            entries[Int(slot)] = Entry(name: name, partition: partition)
        }
        if name.sensor.isEmpty {
            chain.assign(Int(slot), wholeDevice: name.device)
        } else {
            chain.assign(Int(slot), device: name.device, sensor: name.sensor)
        }
        slots[name] = slot
        seriesCounts[partition, default: 0] += 1
        return slot
    }

    /// Decides for each series whether `batch` is to be learnt, and remembers that it was.
    func apply(_ batch: ReadingBatch, slots: [Int32]) -> [DetectorInput.Learning] {
        batchNumber += 1
        let producer = producers.number(of: batch.identity.producer)
        for slot in slots {
            decide(Int(slot), batch.identity.sequence, producer, batch.lowWater)
            // Its state is saved apart from that of its series, and may be older or newer.
            let device = Int(entries[Int(slot)].device)
            if device >= 0 { decide(device, batch.identity.sequence, producer, batch.lowWater) }
        }
        count(batch, slots)
        if chain.judgesDevices { count(batch, slots.map { entries[Int($0)].device }) }
        return slots.map { entries[Int($0)].lastLearning }
    }

    private func count(_ batch: ReadingBatch, _ slots: [Int32]) {
        for index in batch.seriesIndex {
            let slot = Int(slots[Int(index)])
            if entries[slot].lastLearning == .learn { entries[slot].readings += 1 }
        }
    }

    /// Whether any of the series learns from the batch that was applied last, or its device does.
    func hasLearnt(_ slots: [Int32]) -> Bool {
        slots.contains { slot in
            let device = Int(entries[Int(slot)].device)
            return entries[Int(slot)].lastLearning == .learn || device >= 0 && entries[device].lastLearning == .learn
        }
    }

    /// The same for those who judge devices as a whole; nil where nobody does.
    ///
    /// - Parameter known: what devices do that know the batch already.
    func ofDevices(_ input: DetectorInput, known: DetectorInput.Learning = .scoreOnly) -> DetectorInput? {
        guard chain.judgesDevices else { return nil }
        var own = input
        own.slots = input.slots.map { entries[Int($0)].device }
        own.learning = own.slots.map { entries[Int($0)].lastLearning == .learn ? .learn : known }
        return own
    }

    /// Whether what the batch says of a device itself is news, and not a batch that comes again.
    func isNews(_ batch: ReadingBatch, of device: Int32) -> Bool {
        let producer = producers.number(of: batch.identity.producer)
        decide(Int(device), batch.identity.sequence, producer, batch.lowWater)
        return entries[Int(device)].lastLearning == .learn
    }

    private func decide(_ slot: Int, _ sequence: UInt64, _ producer: UInt32, _ lowWater: UInt64) {
        guard entries[slot].lastBatch != batchNumber else { return }
        entries[slot].lastBatch = batchNumber
        let isNew = entries[slot].applied.apply(sequence, of: producer, lowWater: lowWater)
        entries[slot].found.prune(producer, below: lowWater)
        entries[slot].lastLearning = isNew ? .learn : .scoreOnly
        if isNew { markDirty(Int32(slot)) }
    }

    func markDirty(_ slot: Int32) {
        guard !entries[Int(slot)].isDirty else { return }
        entries[Int(slot)].isDirty = true
        dirty.append(slot)
    }

    /// The series that changed since this was last asked; they count as clean from now on.
    func takeDirty() -> [Int32] {
        for slot in dirty { entries[Int(slot)].isDirty = false }
        defer { dirty.removeAll(keepingCapacity: true) }
        return dirty
    }

    /// Like ``takeDirty()``, of some series.
    func takeDirty(of slots: Set<Int32>) -> [Int32] {
        let due = dirty.filter(slots.contains)
        guard !due.isEmpty else { return [] }
        dirty.removeAll(where: slots.contains)
        for slot in due { entries[Int(slot)].isDirty = false }
        return due
    }

    /// Forgets series that are saved and have been silent for `idle`, so that memory follows the devices that live.
    func forget(idle: Duration, at now: ContinuousClock.Instant = .now) {
        for (name, slot) in slots where !name.sensor.isEmpty && mayForget(slot, idle, now) { forget(name, slot) }
        let inUse = devicesInUse
        for (name, slot) in slots where name.sensor.isEmpty && name != SilenceWatch.broker && !inUse.contains(slot) {
            if mayForget(slot, idle, now) { forget(name, slot) }
        }
    }

    /// Whoever may be found missing, or has an alert, is kept. So is a device whose series are.
    private func mayForget(_ slot: Int32, _ idle: Duration, _ now: ContinuousClock.Instant) -> Bool {
        let entry = entries[Int(slot)]
        guard !entry.isDirty, entry.revision != nil, now - entry.lastSeen > idle else { return false }
        return !book.isWatched(slot: slot) && chain.silence(Int(slot))?.limit(slot: Int(slot)) == nil
    }

    /// Forgets what is no longer waited for, alerts and all.
    func forget(_ slot: Int32) {
        forget(entries[Int(slot)].name, slot)
    }

    private func forget(_ name: SensorName, _ slot: Int32) {
        book.reset(slot: slot)
        if entries[Int(slot)].isDirty {
            dirty.removeAll { $0 == slot }
            entries[Int(slot)].isDirty = false
        }
        slots[name] = nil
        seriesCounts[entries[Int(slot)].partition, default: 1] -= 1
        chain.reset(Int(slot))
        free.append(slot)
    }
}

// MARK: - Anomalies of batches that come again

extension SeriesMemory {
    /// Remembers what was found in series that learnt the batch, and says again what was found in the others when they did.
    ///
    /// What is found now in a series that knows the batch counts only where nobody has said what it was then: the batch was handed
    /// back and overtaken, or more was found than is remembered.
    ///
    /// - Parameter isReplay: what is found now in a series that knows the batch does not count at all.
    func settle(
        _ findings: inout DetectorFindings, in batch: ReadingBatch, slots: [Int32], isReplay: Bool = false
    ) {
        let producer = producers.number(of: batch.identity.producer)
        let repeated = repeated(batch, slots, producer)
        let known = Set(repeated.map { Place($0) })
        let now = findings.anomalies.filter { anomaly in
            let slot = Int(learner(of: anomaly, in: batch, slots))
            if entries[slot].lastLearning == .learn {
                remember(anomaly, batch, slot, producer)
                return true
            }
            guard !isReplay, !known.contains(Place(anomaly)) else { return false }
            return isUntold(slot, batch.identity.sequence, producer)
        }
        for anomaly in repeated { findings.raise(row: Int(anomaly.row), to: 1) }
        findings.anomalies = now + repeated
    }

    /// Whose state the anomaly came of: the series', or its device's.
    func learner(of anomaly: Anomaly, in batch: ReadingBatch, _ slots: [Int32]) -> Int32 {
        let slot = slots[Int(batch.seriesIndex[Int(anomaly.row)])]
        return chain.judgesDevices(anomaly.detector) ? entries[Int(slot)].device : slot
    }

    private struct Place: Hashable {
        var row: UInt32
        var detector: String

        init(_ anomaly: Anomaly) {
            row = anomaly.row
            detector = anomaly.detector
        }
    }

    private func isUntold(_ slot: Int, _ sequence: UInt64, _ producer: UInt32) -> Bool {
        entries[slot].applied.wasOvertaken(sequence, of: producer)
            || entries[slot].found.hasForgotten(producer, sequence)
    }

    private func remember(_ anomaly: Anomaly, _ batch: ReadingBatch, _ slot: Int, _ producer: UInt32) {
        entries[slot].found.add(
            FoundAnomalies.Entry(
                producer: producer, sequence: batch.identity.sequence, position: batch.position[Int(anomaly.row)],
                anomaly: anomaly))
    }

    private func repeated(_ batch: ReadingBatch, _ slots: [Int32], _ producer: UInt32) -> [Anomaly] {
        let devices = chain.judgesDevices ? slots.map { entries[Int($0)].device } : []
        return [slots, devices].flatMap { repeated(batch, learners: $0, producer) }
    }

    private func repeated(_ batch: ReadingBatch, learners: [Int32], _ producer: UInt32) -> [Anomaly] {
        let isKnown = learners.contains {
            entries[Int($0)].lastLearning == .scoreOnly && !entries[Int($0)].found.entries.isEmpty
        }
        guard isKnown else { return [] }
        return batch.seriesIndex.indices.flatMap { row -> [Anomaly] in
            let slot = Int(learners[Int(batch.seriesIndex[row])])
            guard entries[slot].lastLearning == .scoreOnly else { return [] }
            return entries[slot].found.anomalies(
                producer, batch.identity.sequence, position: batch.position[row]
            ).map {
                var anomaly = $0
                anomaly.row = UInt32(row)
                return anomaly
            }
        }
    }
}

// MARK: - Partitions that move

extension SeriesMemory {
    func hasSeries(of partition: Partition) -> Bool { seriesCounts[partition, default: 0] > 0 }

    /// Like ``takeDirty()``, of one partition.
    func takeDirty(of partition: Partition) -> [Int32] {
        let due = dirty.filter { entries[Int($0)].partition == partition }
        dirty.removeAll { entries[Int($0)].partition == partition }
        for slot in due { entries[Int(slot)].isDirty = false }
        return due
    }

    /// Forgets the partition's series, so that they are loaded when they are seen again.
    ///
    /// - Returns: false, and nothing is forgotten, when some of it is not saved.
    func forget(_ partition: Partition) -> Bool {
        let series = slots.filter { entries[Int($0.value)].partition == partition }
        guard series.allSatisfy({ !entries[Int($0.value)].isDirty }) else { return false }
        for (name, slot) in series { forget(name, slot) }
        return true
    }
}

// MARK: - Silences

extension SeriesMemory {
    /// All series and devices in memory.
    var known: some Sequence<Int32> { slots.values }

    /// The devices of all series in memory.
    var devicesInUse: Set<Int32> { Set(slots.values.lazy.map { self.entries[Int($0)].device }) }

    /// Something was heard of the slot, though no reading.
    func touch(_ slot: Int32, at now: ContinuousClock.Instant) { entries[Int(slot)].lastSeen = now }

    /// Learns how often devices are heard. Whether a series is, its own detector learns.
    func hear(_ batch: ReadingBatch, slots: [Int32]) {
        guard chain.watchesSilences else { return }
        let watched = slots.map { watchedDevice(ofSeries: $0) }
        for row in batch.receivedAt.indices {
            guard let (device, detector) = watched[Int(batch.seriesIndex[row])] else { continue }
            detector.hear(slot: Int(device), at: batch.receivedAt[row])
        }
        // Of two states of a device, the greater number knows more.
        // Saved as often as its series are: an old time would make the next owner see a gap that was none.
        for device in Set(watched.compactMap { $0?.device }) {
            entries[Int(device)].readings += 1
            markDirty(device)
        }
    }

    private func watchedDevice(ofSeries slot: Int32) -> (device: Int32, detector: MissingReadings)? {
        let device = entries[Int(slot)].device
        guard device >= 0, entries[Int(device)].lastLearning == .learn else { return nil }
        return chain.silence(Int(device)).map { (device, $0) }
    }
}

// MARK: - Status

extension SeriesMemory {
    /// Series by detector and by what it does with them: `warming`, `active`, `frozen`.
    func phases() -> [String: [String: Int]] {
        var counts: [String: [String: Int]] = [:]
        for slot in slots.values {
            for (detector, phase) in chain.phases(Int(slot)) {
                counts[detector, default: [:]][phase.word, default: 0] += 1
            }
        }
        return counts
    }
}

extension DetectorPhase {
    fileprivate var word: String {
        switch self {
        case .warming: "warming"
        case .active: "active"
        case .frozen: "frozen"
        }
    }
}

// MARK: - Saved states

extension SeriesMemory {
    func state(of slot: Int32) -> SavedState {
        let entry = entries[Int(slot)]
        var states = chain.exportStates(Int(slot)).map {
            SavedState.DetectorState(detector: $0.detector, state: $0.state)
        }
        if book.isWatched(slot: slot) {
            let alerts = book.exportState(slot: slot, now: .now())
            states.append(SavedState.DetectorState(detector: Self.alerts, state: alerts))
        }
        return SavedState(
            readings: entry.readings, applied: entry.applied.saved(producers), detectors: states,
            found: entry.found.saved(producers))
    }

    /// The alerts' place among the states; no detector may be called so.
    private static let alerts = "$alerts"

    /// What the hash shows: the figures of the first detector that keeps any.
    func summary(of slot: Int32) -> SeriesSummary {
        chain.summary(Int(slot))
            ?? SeriesSummary(mean: 0, standardDeviation: 0, count: entries[Int(slot)].readings)
    }

    /// Goes on from a state that was saved. A detector that was not there then begins anew.
    ///
    /// - Parameter transitions: gets what that means for alerts that began without it.
    /// - Returns: the states that a detector refused.
    func adopt(
        _ state: SavedState, revision: Int64, slot: Int32, into transitions: inout [AlertTransition]
    ) -> [any Error] {
        entries[Int(slot)].readings = state.readings
        entries[Int(slot)].applied = AppliedBatches(state.applied, &producers)
        entries[Int(slot)].revision = revision
        entries[Int(slot)].found = FoundAnomalies(state.found, &producers)
        var refusals = chain.importStates(state.detectors.map { ($0.detector, $0.state) }, Int(slot))
        if let alerts = state.detectors.first(where: { $0.detector == Self.alerts }) {
            do {
                try book.importState(
                    alerts.state, slot: slot, entries[Int(slot)].name, now: .now(), into: &transitions)
            } catch {
                refusals.append(error)
            }
        }
        return refusals
    }

    func setRevision(_ revision: Int64?, slot: Int32) {
        entries[Int(slot)].revision = revision
    }

    func setListed(_ slot: Int32) {
        entries[Int(slot)].isListed = true
    }

    /// Whoever listed them may have lost it.
    func unlist() {
        for slot in slots.values { entries[Int(slot)].isListed = false }
    }
}
