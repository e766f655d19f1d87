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
        /// Of the state in Redis that this one goes on from; 0 when Redis had none, nil when it could not be asked.
        var revision: Int64?
        var isDirty = false
        var lastBatch: UInt64 = 0
        var lastLearning = DetectorInput.Learning.learn
        var lastSeen = ContinuousClock.now
    }

    let detectors: [any Detector]
    private(set) var entries: [Entry] = []
    private var slots: [SensorName: Int32] = [:]
    private var free: [Int32] = []
    private var seriesCounts: [Partition: Int] = [:]
    private var dirty: [Int32] = []
    private var producers = ProducerNames()
    /// Counts batches, so that a series which a batch lists twice (in two units) is decided on once.
    private var batchNumber: UInt64 = 0

    init(_ detectors: [any Detector]) {
        self.detectors = detectors
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
                return known
            }
            let slot = add(name, series.partition)
            new.append(slot)
            return slot
        }
    }

    private func add(_ name: SensorName, _ partition: Partition) -> Int32 {
        let slot = free.popLast() ?? Int32(entries.count)
        if Int(slot) == entries.count {
            entries.append(Entry(name: name, partition: partition))
            // Doubling, so that ten thousand new series are not ten thousand growths of each detector.
            for detector in detectors { detector.reserveSlots(entries.capacity) }
        } else {
            entries[Int(slot)] = Entry(name: name, partition: partition)
        }
        slots[name] = slot
        seriesCounts[partition, default: 0] += 1
        return slot
    }

    /// Decides for each series whether `batch` is to be learnt, and remembers that it was.
    func apply(_ batch: ReadingBatch, slots: [Int32]) -> [DetectorInput.Learning] {
        batchNumber += 1
        let producer = producers.number(of: batch.identity.producer)
        for slot in slots { decide(Int(slot), batch.identity.sequence, producer) }
        for index in batch.seriesIndex {
            let slot = Int(slots[Int(index)])
            if entries[slot].lastLearning == .learn { entries[slot].readings += 1 }
        }
        return slots.map { entries[Int($0)].lastLearning }
    }

    private func decide(_ slot: Int, _ sequence: UInt64, _ producer: UInt32) {
        guard entries[slot].lastBatch != batchNumber else { return }
        entries[slot].lastBatch = batchNumber
        let isNew = entries[slot].applied.apply(sequence, of: producer)
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

    /// Forgets series that are saved and have been silent for `idle`, so that memory follows the devices that live.
    func forget(idle: Duration, at now: ContinuousClock.Instant = .now) {
        for (name, slot) in slots {
            let entry = entries[Int(slot)]
            guard !entry.isDirty, entry.revision != nil, now - entry.lastSeen > idle else { continue }
            forget(name, slot)
        }
    }

    private func forget(_ name: SensorName, _ slot: Int32) {
        slots[name] = nil
        seriesCounts[entries[Int(slot)].partition, default: 1] -= 1
        for detector in detectors { detector.reset(slot: Int(slot)) }
        free.append(slot)
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

// MARK: - Saved states

extension SeriesMemory {
    func state(of slot: Int32) -> SavedState {
        let entry = entries[Int(slot)]
        return SavedState(
            readings: entry.readings, applied: entry.applied.saved(producers),
            detectors: detectors.map {
                SavedState.DetectorState(detector: $0.name, state: $0.exportState(slot: Int(slot)))
            })
    }

    /// What the hash shows: the figures of the first detector that keeps any.
    func summary(of slot: Int32) -> SeriesSummary {
        detectors.lazy.compactMap { $0.summary(slot: Int(slot)) }.first
            ?? SeriesSummary(mean: 0, standardDeviation: 0, count: entries[Int(slot)].readings)
    }

    /// Goes on from a state that was saved. A detector that was not there then begins anew.
    ///
    /// - Returns: the states that a detector refused.
    func adopt(_ state: SavedState, revision: Int64, slot: Int32) -> [any Error] {
        entries[Int(slot)].readings = state.readings
        entries[Int(slot)].applied = AppliedBatches(state.applied, &producers)
        entries[Int(slot)].revision = revision
        var refusals: [any Error] = []
        for detector in detectors {
            do {
                guard let saved = state.detectors.first(where: { $0.detector == detector.name }) else {
                    detector.reset(slot: Int(slot))
                    continue
                }
                try detector.importState(saved.state, slot: Int(slot))
            } catch {
                refusals.append(error)
            }
        }
        return refusals
    }

    func setRevision(_ revision: Int64?, slot: Int32) {
        entries[Int(slot)].revision = revision
    }
}
