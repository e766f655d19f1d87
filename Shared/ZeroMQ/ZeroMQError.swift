public import CZeroMQ

/// What a libzmq call refused to do, where, and whether doing it again can help.
///
/// Reads aloud: "cannot bind tcp://*:5601: Address already in use (zmq_bind, errno 98)".
public struct ZeroMQError: Error, Hashable, CustomStringConvertible, Sendable {
    /// What was tried, with its object: `bind tcp://*:5601`.
    public var action: String
    /// The C function that failed.
    public var function: String
    /// libzmq's errno.
    public var code: Int32

    public init(action: String, function: String, code: Int32 = zmq_errno()) {
        self.action = action
        self.function = function
        self.code = code
    }

    public var description: String {
        "cannot \(action): \(String(cString: zmq_strerror(code))) (\(function), errno \(code))"
    }

    /// The same call may succeed later: the peer is away, a buffer is full, an address is still taken.
    public var isRetriable: Bool {
        [EAGAIN, EINTR, EHOSTUNREACH, EADDRINUSE, ENETDOWN, ECONNREFUSED].contains(code)
    }
}
