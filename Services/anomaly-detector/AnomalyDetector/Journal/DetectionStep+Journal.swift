internal import Alerting
internal import IOLoop
internal import Logging
internal import Model
internal import Observability
internal import Plugins

// What the last owner of a partition learnt from acknowledged batches and had not saved, when it was killed.
extension DetectionStep {
    /// Learns what the partitions' journals hold, once for each time that this instance gets one. Without Redis it is tried again with the
    /// next batch.
    ///
    /// - Returns: whether that took any time, in which leases may have been lost.
    func learnWhatIsLeft(of partitions: [Partition]) async -> Bool {
        var hasWaited = false
        for partition in partitions where journal.canOpen(partition) && leases.holds(partition) {
            hasWaited = true
            await learnWhatIsLeft(of: partition)
        }
        return hasWaited
    }

    private func learnWhatIsLeft(of partition: Partition) async {
        // Begun while Redis was away: where it knows more, its state goes on.
        if memory.hasSeries(of: partition) { _ = await checkpoints.handOver(partition) }
        var transitions: [AlertTransition] = []
        let count = await journal.open(partition) {
            guard self.leases.holds(partition) else { return false }
            return await self.learnAgain($0, of: partition, &transitions)
        }
        publish(transitions)
        guard let count, count > 0 else { return }
        metrics.journalReplayed.emit(["partition": "\(partition.rawValue)", "batches": "\(count)"])
    }

    /// Brings the series to where they were when this had been learnt, and their alerts: steps that this brings about were under way when the
    /// last owner was killed. They have the same names again, whoever heard of them.
    ///
    /// - Returns: false when Redis went away, or the lease.
    private func learnAgain(
        _ learnt: LearntBatches.Learnt, of partition: Partition, _ transitions: inout [AlertTransition]
    ) async -> Bool {
        let batch = learnt.batch
        var new: [Int32] = []
        let slots = slots(of: batch, &new)
        if !new.isEmpty { await load(new) }
        _ = await catchUp(with: slots)
        guard forgetUnknown(new), leases.holds(partition) else { return false }
        metrics.replayed.add(1)
        // What the saved state has learnt is neither scored nor heard again.
        let learning = memory.apply(batch, slots: slots).map {
            $0 == .learn ? $0 : DetectorInput.Learning.ignore
        }
        let input = DetectorInput(batch: batch, slots: slots, learning: learning, now: learnt.at)
        let findings = run(input, isReplay: true)
        transitions += breaches(findings, batch, slots, learning, learnt.at)
        watch.hearAgain(batch, slots: slots, at: .now, wall: learnt.at, into: &transitions)
        for change in batch.presence { hear(change, batch, learnt.at, &transitions) }
        return true
    }

    private func publish(_ transitions: [AlertTransition]) {
        guard !transitions.isEmpty else { return }
        let changed = Set(transitions.compactMap { memory.slot(of: $0.fingerprint.series) })
        for slot in changed { memory.markDirty(slot) }
        alerts.add(transitions)
        IOThread.task { [checkpoints] in await checkpoints.checkpoint(changed) }
    }
}
