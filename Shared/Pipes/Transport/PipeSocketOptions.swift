internal import Wire
internal import ZeroMQ

/// How a pipe's sockets behave, upstream and downstream alike. See zmq_setsockopt(3).
public struct PipeSocketOptions: Sendable {
    /// Messages that libzmq queues for a peer in each direction. Credit bounds them long before; this is the backstop
    /// against a peer that ignores the protocol, so it is above any sensible credit.
    public var highWaterMark: Int32 = 100_000
    /// How long a closed pipe keeps trying to hand over its last acks.
    public var linger: Duration = .seconds(1)
    public var reconnectInterval: Duration = .milliseconds(100)
    /// The ceiling of the reconnect back-off.
    public var reconnectIntervalMax: Duration = .seconds(2)
    /// A larger message closes its connection.
    public var maximumMessageBytes: Int64 = 80 << 20
    /// Encrypts and authenticates when set.
    public var curve: Curve?

    public init() {}

    /// CURVE keys, 32 bytes each (zmq_curve(7)).
    public struct Curve: Sendable {
        public var publicKey: [UInt8]
        public var secretKey: [UInt8]
        /// The upstream's public key; downstream only.
        public var serverKey: [UInt8]?

        public init(publicKey: [UInt8], secretKey: [UInt8], serverKey: [UInt8]? = nil) {
            self.publicKey = publicKey
            self.secretKey = secretKey
            self.serverKey = serverKey
        }
    }

    func openRouter() throws(ZeroMQError) -> Socket {
        let socket = try Socket(.router)
        try apply(to: socket)
        // An unknown peer is an error and not a silent loss.
        try socket.set(.routerMandatory, to: 1)
        if let curve { try setKeys(curve, server: true, socket) }
        return socket
    }

    func openDealer(ipv6: Bool) throws(ZeroMQError) -> Socket {
        let socket = try Socket(.dealer)
        try apply(to: socket)
        // Without a connection a send fails, instead of waiting in a queue for whoever comes.
        try socket.set(.immediate, to: 1)
        try socket.set(.reconnectInterval, to: reconnectInterval.milliseconds)
        try socket.set(.reconnectIntervalMax, to: reconnectIntervalMax.milliseconds)
        if ipv6 { try socket.set(.ipv6, to: 1) }
        if let curve { try setKeys(curve, server: false, socket) }
        return socket
    }

    private func apply(to socket: Socket) throws(ZeroMQError) {
        try socket.set(.sendHighWaterMark, to: highWaterMark)
        try socket.set(.receiveHighWaterMark, to: highWaterMark)
        try socket.set(.linger, to: linger.milliseconds)
        // A host that vanished leaves a connection that TCP would keep for a quarter of an hour.
        try socket.set(.heartbeatInterval, to: 2_000)
        try socket.set(.heartbeatTimeout, to: 8_000)
        try socket.limitMessages(toBytes: maximumMessageBytes)
    }

    private func setKeys(_ curve: Curve, server: Bool, _ socket: Socket) throws(ZeroMQError) {
        if server { try socket.set(.curveServer, to: 1) }
        try socket.set(.curvePublicKey, to: curve.publicKey)
        try socket.set(.curveSecretKey, to: curve.secretKey)
        if let serverKey = curve.serverKey { try socket.set(.curveServerKey, to: serverKey) }
    }
}

extension Duration {
    /// Rounded down, within libzmq's range.
    fileprivate var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        return Int32(clamping: seconds * 1_000 + attoseconds / 1_000_000_000_000_000)
    }
}
