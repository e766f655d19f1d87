internal import IOLoop
public import Settings
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
    /// Called for each connection that fails since the two sides do not know each other.
    public var onRefusal: (@IOThread (PipeRefusal) -> Void)?
    /// Called with a sentence for a known key, or an upstream's address, that cannot be believed; once for as long as it lasts.
    public var onDistrust: (@IOThread (String) -> Void)?
    /// Where upstreams may be that have no keys.
    public var plaintext = PipeSettings.Plaintext.loopback

    public init() {}

    /// CURVE keys (zmq_curve(7)).
    public struct Curve: Sendable {
        public var publicKey: CurveKey
        public var secretKey: CurveKey
        public var peer: Peer

        public enum Peer: Sendable {
            /// Upstream: nobody else gets in.
            case clients(KnownKeys)
            /// Downstream: nobody else is believed.
            case server(CurveKey)
        }

        public init(publicKey: CurveKey, secretKey: CurveKey, peer: Peer) {
            self.publicKey = publicKey
            self.secretKey = secretKey
            self.peer = peer
        }
    }

    /// - Parameter domain: of ``PeerAdmission``, when there are keys.
    func openRouter(domain: String?, in context: Context = .shared) throws(ZeroMQError) -> Socket {
        let socket = try Socket(.router, context: context)
        try apply(to: socket)
        // An unknown peer is an error and not a silent loss.
        try socket.set(.routerMandatory, to: 1)
        if let domain { try socket.set(.authenticationDomain, to: Array(domain.utf8)) }
        if let curve { try setKeys(curve, socket) }
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
        if let curve { try setKeys(curve, socket) }
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

    private func setKeys(_ curve: Curve, _ socket: Socket) throws(ZeroMQError) {
        try socket.set(.curvePublicKey, to: curve.publicKey.bytes)
        try socket.set(.curveSecretKey, to: curve.secretKey.bytes)
        switch curve.peer {
        case .clients:
            try socket.set(.curveServer, to: 1)
            // Whatever becomes of PeerAdmission.
            try socket.set(.enforceAuthentication, to: 1)
        case .server(let key): try socket.set(.curveServerKey, to: key.bytes)
        }
    }
}

extension Duration {
    /// Rounded down, within libzmq's range.
    fileprivate var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        return Int32(clamping: seconds * 1_000 + attoseconds / 1_000_000_000_000_000)
    }
}
