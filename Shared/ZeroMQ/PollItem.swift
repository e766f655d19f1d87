internal import CZeroMQ

/// What a poll waits for, and what it found.
public struct Readiness: OptionSet, Hashable, Sendable {
    public var rawValue: Int16

    public init(rawValue: Int16) {
        self.rawValue = rawValue
    }

    public static let readable = Readiness(rawValue: Int16(ZMQ_POLLIN))
    public static let writable = Readiness(rawValue: Int16(ZMQ_POLLOUT))
    /// The descriptor has failed or its peer has hung up. Always reported, never asked for.
    public static let failed = Readiness(rawValue: Int16(ZMQ_POLLERR))
}

/// `zmq_poll` over sockets and plain descriptors alike.
public struct PollSet {
    private var items: [zmq_pollitem_t] = []

    public init() {}

    public var count: Int { items.count }

    public mutating func removeAll() {
        items.removeAll(keepingCapacity: true)
    }

    public mutating func append(descriptor: Int32, interest: Readiness) {
        items.append(zmq_pollitem_t(socket: nil, fd: descriptor, events: interest.rawValue, revents: 0))
    }

    public mutating func append(socket: UnsafeMutableRawPointer, interest: Readiness) {
        items.append(zmq_pollitem_t(socket: socket, fd: 0, events: interest.rawValue, revents: 0))
    }

    public func found(at index: Int) -> Readiness {
        Readiness(rawValue: items[index].revents)
    }

    /// Waits until something is ready or `milliseconds` have passed (−1: no limit).
    ///
    /// - Returns: how many items are ready; 0 after the time or an interrupting signal.
    /// - Throws: ``ZeroMQError`` when an item is no socket or no descriptor any more.
    public mutating func wait(milliseconds: Int) throws(ZeroMQError) -> Int {
        let ready = zmq_poll(&items, Int32(items.count), milliseconds)
        guard ready < 0 else { return Int(ready) }
        let error = ZeroMQError(action: "wait for \(items.count) descriptors", function: "zmq_poll")
        if error.code == EINTR { return 0 }
        throw error
    }
}
