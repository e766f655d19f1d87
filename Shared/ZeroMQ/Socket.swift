internal import CZeroMQ

/// The kinds of socket that pipes are made of.
public enum SocketKind: Sendable {
    case router
    case dealer
    /// To libzmq's own monitors.
    case pair

    var rawValue: Int32 {
        switch self {
        case .router: ZMQ_ROUTER
        case .dealer: ZMQ_DEALER
        case .pair: ZMQ_PAIR
        }
    }
}

/// One libzmq socket. Not thread safe, and so not `Sendable`: the actor that makes it keeps it.
public final class Socket {
    /// Readable when libzmq has something to tell that nobody has looked at; see ``mayHaveNews``.
    public let descriptor: Int32
    /// Whether ``hasMessage()`` must be asked before anybody waits for ``descriptor``: that one is edge-triggered, and any call on
    /// the socket may have taken its signal (ZMQ_FD in zmq_getsockopt(3)).
    public private(set) var mayHaveNews = true

    let handle: UnsafeMutableRawPointer
    let context: Context
    private var isOpen = true

    /// - Throws: ``ZeroMQError`` when the context has run out of sockets.
    public init(_ kind: SocketKind, context: Context = .shared) throws(ZeroMQError) {
        guard let handle = zmq_socket(context.handle, kind.rawValue) else {
            throw ZeroMQError(action: "open a \(kind) socket", function: "zmq_socket")
        }
        var descriptor: Int32 = -1
        var size = MemoryLayout<Int32>.size
        guard zmq_getsockopt(handle, ZMQ_FD, &descriptor, &size) == 0 else {
            let error = ZeroMQError(action: "watch a \(kind) socket", function: "zmq_getsockopt")
            zmq_close(handle)
            throw error
        }
        self.handle = handle
        self.descriptor = descriptor
        self.context = context
    }

    deinit { close() }

    /// Frees the socket; what is still queued is kept for the linger time. Calling it again does nothing.
    public func close() {
        guard isOpen else { return }
        isOpen = false
        zmq_close(handle)
    }

    /// - Throws: ``ZeroMQError``, retriable when the address is taken for now.
    public func bind(_ endpoint: String) throws(ZeroMQError) {
        mayHaveNews = true
        guard zmq_bind(handle, endpoint) == 0 else {
            throw ZeroMQError(action: "bind \(endpoint)", function: "zmq_bind")
        }
    }

    /// Starts connecting in the background; that the peer is away is no error.
    public func connect(_ endpoint: String) throws(ZeroMQError) {
        mayHaveNews = true
        guard zmq_connect(handle, endpoint) == 0 else {
            throw ZeroMQError(action: "connect to \(endpoint)", function: "zmq_connect")
        }
    }

    public func disconnect(_ endpoint: String) throws(ZeroMQError) {
        mayHaveNews = true
        guard zmq_disconnect(handle, endpoint) == 0 else {
            throw ZeroMQError(action: "disconnect from \(endpoint)", function: "zmq_disconnect")
        }
    }

    /// The address that the last `bind` really took: `tcp://127.0.0.1:49152` after `tcp://127.0.0.1:*`.
    public func lastEndpoint() throws(ZeroMQError) -> String {
        var buffer = [CChar](repeating: 0, count: 256)
        var size = buffer.count
        guard zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, &buffer, &size) == 0 else {
            throw ZeroMQError(action: "read the bound address", function: "zmq_getsockopt")
        }
        return String(decoding: buffer.prefix(max(size - 1, 0)).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    // MARK: Options

    public func set(_ option: SocketOption, to value: Int32) throws(ZeroMQError) {
        var value = value
        guard zmq_setsockopt(handle, option.rawValue, &value, MemoryLayout<Int32>.size) == 0 else {
            throw ZeroMQError(action: "set \(option) to \(value)", function: "zmq_setsockopt")
        }
    }

    /// A peer that sends a larger message part loses its connection.
    public func limitMessages(toBytes limit: Int64) throws(ZeroMQError) {
        var limit = limit
        guard zmq_setsockopt(handle, ZMQ_MAXMSGSIZE, &limit, MemoryLayout<Int64>.size) == 0 else {
            throw ZeroMQError(action: "limit messages to \(limit) bytes", function: "zmq_setsockopt")
        }
    }

    public func set(_ option: SocketOption, to value: [UInt8]) throws(ZeroMQError) {
        guard zmq_setsockopt(handle, option.rawValue, value, value.count) == 0 else {
            throw ZeroMQError(action: "set \(option)", function: "zmq_setsockopt")
        }
    }

    // MARK: Messages

    /// Whether a message can be received now.
    public func hasMessage() -> Bool {
        var events: Int32 = 0
        var size = MemoryLayout<Int32>.size
        // While there is one, nobody need wait to be told of it.
        mayHaveNews = isOpen && zmq_getsockopt(handle, ZMQ_EVENTS, &events, &size) == 0 && events & ZMQ_POLLIN != 0
        return mayHaveNews
    }

    /// Queues one multipart message, or nothing of it.
    ///
    /// - Returns: `false` when the queue is full or (router) the peer is not connected: nothing was sent.
    /// - Throws: ``ZeroMQError`` for everything else.
    public func send(_ parts: [[UInt8]]) throws(ZeroMQError) -> Bool {
        mayHaveNews = true
        for (index, part) in parts.enumerated() {
            let more = index < parts.count - 1 ? ZMQ_SNDMORE : 0
            let sent = part.withUnsafeBytes { zmq_send(handle, $0.baseAddress, $0.count, more | ZMQ_DONTWAIT) }
            if sent >= 0 { continue }
            let error = ZeroMQError(action: "send", function: "zmq_send")
            // libzmq decides on the first part: later parts of an accepted message are never refused for room.
            if error.code == EAGAIN || error.code == EHOSTUNREACH { return false }
            throw error
        }
        return true
    }

    /// - Returns: the parts of the next message, or `nil` when none is waiting.
    public func receive() throws(ZeroMQError) -> [[UInt8]]? {
        mayHaveNews = true
        guard let first = try receivePart() else { return nil }
        var parts = [first.bytes]
        var more = first.more
        while more {
            guard let next = try receivePart() else { break }
            parts.append(next.bytes)
            more = next.more
        }
        return parts
    }

    private func receivePart() throws(ZeroMQError) -> (bytes: [UInt8], more: Bool)? {
        var message = zmq_msg_t()
        zmq_msg_init(&message)
        defer { zmq_msg_close(&message) }
        guard zmq_msg_recv(&message, handle, ZMQ_DONTWAIT) >= 0 else {
            let error = ZeroMQError(action: "receive", function: "zmq_msg_recv")
            if error.code == EAGAIN { return nil }
            throw error
        }
        let bytes = [UInt8](UnsafeRawBufferPointer(start: zmq_msg_data(&message), count: zmq_msg_size(&message)))
        return (bytes, zmq_msg_more(&message) != 0)
    }
}

/// The socket options that pipes set; see zmq_setsockopt(3).
public enum SocketOption: Sendable {
    case linger, sendHighWaterMark, receiveHighWaterMark, immediate
    case routerMandatory, routerHandover, routingID
    case reconnectInterval, reconnectIntervalMax, ipv6
    /// PING and PONG of ZMTP itself: they end connections to hosts that vanished without a word.
    case heartbeatInterval, heartbeatTimeout
    case curveServer, curvePublicKey, curveSecretKey, curveServerKey
    /// By which the handler of RFC 27 tells servers apart.
    case authenticationDomain
    /// Without such a handler nobody gets in, rather than everybody.
    case enforceAuthentication

    var rawValue: Int32 {
        switch self {
        case .linger: ZMQ_LINGER
        case .sendHighWaterMark: ZMQ_SNDHWM
        case .receiveHighWaterMark: ZMQ_RCVHWM
        case .immediate: ZMQ_IMMEDIATE
        case .routerMandatory: ZMQ_ROUTER_MANDATORY
        case .routerHandover: ZMQ_ROUTER_HANDOVER
        case .routingID: ZMQ_ROUTING_ID
        case .reconnectInterval: ZMQ_RECONNECT_IVL
        case .reconnectIntervalMax: ZMQ_RECONNECT_IVL_MAX
        case .ipv6: ZMQ_IPV6
        case .heartbeatInterval: ZMQ_HEARTBEAT_IVL
        case .heartbeatTimeout: ZMQ_HEARTBEAT_TIMEOUT
        case .curveServer: ZMQ_CURVE_SERVER
        case .curvePublicKey: ZMQ_CURVE_PUBLICKEY
        case .curveSecretKey: ZMQ_CURVE_SECRETKEY
        case .curveServerKey: ZMQ_CURVE_SERVERKEY
        case .authenticationDomain: ZMQ_ZAP_DOMAIN
        // ZMQ_ZAP_ENFORCE_DOMAIN: in libzmq since 4.3.0, in its header among the drafts.
        case .enforceAuthentication: 93
        }
    }
}
