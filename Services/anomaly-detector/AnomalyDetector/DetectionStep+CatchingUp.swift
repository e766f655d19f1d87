internal import DetectorCatalog
internal import IOLoop

// States that were loaded may need work before they judge again: forests are not saved, but grown anew.
extension DetectionStep {
    /// Half of the time is for everything else.
    func catchUp() {
        guard catchingUp == nil else { return }
        catchingUp = IOThread.task { [weak self] in
            while self?.memory.chain.catchUp() == true { await EventLoop.sleep(for: .milliseconds(3)) }
            self?.catchingUp = nil
        }
    }

    /// Does it now for these series and their devices: whatever judged them before they came here judges their next readings, too.
    ///
    /// One takes milliseconds, and leases want to be prolonged between them.
    ///
    /// - Returns: whether that took any time, in which leases may have been lost.
    func catchUp(with slots: [Int32]) async -> Bool {
        guard catchingUp != nil else { return false }
        var hasWaited = false
        let devices = slots.map { memory.entries[Int($0)].device }.filter { $0 >= 0 }
        for slot in Set(slots + devices) {
            while memory.chain.catchUp(Int(slot)) {
                hasWaited = true
                await EventLoop.sleep(for: .zero)
            }
        }
        return hasWaited
    }
}
