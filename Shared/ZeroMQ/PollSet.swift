internal import Glibc

/// What a poll waits for, and what it found.
public struct Readiness: OptionSet, Hashable, Sendable {
    public var rawValue: Int16

    public init(rawValue: Int16) {
        self.rawValue = rawValue
    }

    public static let readable = Readiness(rawValue: Int16(POLLIN))
    public static let writable = Readiness(rawValue: Int16(POLLOUT))
    /// The descriptor has failed or its peer has hung up. Always reported, never asked for.
    public static let failed = Readiness(rawValue: Int16(POLLERR))
}

/// `poll` over descriptors. `zmq_poll` asks each of its sockets anew at every call, with several system calls for each.
public struct PollSet {
    private var items: [pollfd] = []

    public init() {}

    public var count: Int { items.count }

    public mutating func removeAll() {
        items.removeAll(keepingCapacity: true)
    }

    public mutating func append(descriptor: Int32, interest: Readiness) {
        items.append(pollfd(fd: descriptor, events: interest.rawValue, revents: 0))
    }

    /// A descriptor that is closed, or whose peer has hung up, counts as failed.
    public func found(at index: Int) -> Readiness {
        let asked = Readiness(
            rawValue: items[index].revents & (Readiness.readable.rawValue | Readiness.writable.rawValue))
        return asked.rawValue == items[index].revents ? asked : asked.union(.failed)
    }

    /// Waits until something is ready or `milliseconds` have passed (−1: no limit).
    ///
    /// - Returns: how many items are ready; 0 after the time or an interrupting signal.
    /// - Throws: ``ZeroMQError`` when the kernel has no memory for it.
    public mutating func wait(milliseconds: Int) throws(ZeroMQError) -> Int {
        let ready = poll(&items, nfds_t(items.count), Int32(clamping: milliseconds))
        guard ready < 0 else { return Int(ready) }
        let error = ZeroMQError(action: "wait for \(items.count) descriptors", function: "poll")
        if error.code == EINTR { return 0 }
        throw error
    }
}
