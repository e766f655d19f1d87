internal import CZeroMQ
internal import Synchronization

/// Why a connection ended before the two sides had agreed that they know each other (zmq_socket_monitor(3)).
public enum HandshakeFailure: Hashable, Sendable {
    /// The server does not know the client's key. libzmq tells both sides.
    case unknownClient
    /// The client has another key of the server than the server has.
    case wrongServerKey
    /// One side encrypts, the other does not.
    case otherMechanism
    /// What came is no handshake.
    case malformed
    /// The other side hung up without a word.
    case closed
}

/// Tells of the handshakes of one socket that fail.
public final class HandshakeMonitor {
    /// Readable when there is news; see ``next()``.
    public let socket: Socket
    private static let count = Atomic<UInt64>(0)

    fileprivate init(_ monitored: UnsafeMutableRawPointer, context: Context) throws(ZeroMQError) {
        let number = Self.count.add(1, ordering: .relaxed).newValue
        let endpoint = "inproc://handshakes-\(number)"
        let events =
            ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
            | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
        guard zmq_socket_monitor(monitored, endpoint, events) == 0 else {
            throw ZeroMQError(action: "watch handshakes", function: "zmq_socket_monitor")
        }
        do {
            socket = try Self.reader(of: endpoint, context)
        } catch {
            // libzmq's thread would wait for a reader.
            zmq_socket_monitor(monitored, nil, 0)
            throw error
        }
    }

    private static func reader(of endpoint: String, _ context: Context) throws(ZeroMQError) -> Socket {
        let socket = try Socket(.pair, context: context)
        // libzmq's thread tells of events with a call that waits for room: it must never have to.
        try socket.set(.receiveHighWaterMark, to: 0)
        try socket.connect(endpoint)
        return socket
    }

    /// What failed next; nil when there is nothing more for now.
    public func next() -> HandshakeFailure? {
        while let message = (try? socket.receive()) ?? nil {
            if let failure = Self.failure(message) { return failure }
        }
        return nil
    }

    /// [event: 16 bits, value: 32 bits, in this machine's order] [address]
    private static func failure(_ message: [[UInt8]]) -> HandshakeFailure? {
        guard let first = message.first, first.count >= 6 else { return nil }
        let (event, value) = first.withUnsafeBytes {
            (
                Int32($0.loadUnaligned(as: UInt16.self)),
                Int32(bitPattern: $0.loadUnaligned(fromByteOffset: 2, as: UInt32.self))
            )
        }
        switch event {
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: return .unknownClient
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: return .closed
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: return protocolFailure(value)
        default: return nil
        }
    }

    private static func protocolFailure(_ code: Int32) -> HandshakeFailure {
        switch code {
        case ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC: .wrongServerKey
        case ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH: .otherMechanism
        default: .malformed
        }
    }
}

extension Socket {
    /// One a socket. It ends with the socket.
    public func monitorHandshakes() throws(ZeroMQError) -> HandshakeMonitor {
        try HandshakeMonitor(handle, context: context)
    }

    /// Before the monitor's own socket is closed, which libzmq's thread would wait for.
    public func endMonitoring() {
        zmq_socket_monitor(handle, nil, 0)
    }
}
