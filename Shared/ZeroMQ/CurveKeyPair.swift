internal import CZeroMQ

/// Keys of one peer for CURVE (zmq_curve(7)), each 40 characters.
public struct CurveKeyPair: Sendable {
    public let publicKey: String
    public let secretKey: String

    /// A new pair.
    ///
    /// - Throws: ``ZeroMQError`` when this libzmq has no CURVE.
    public init() throws(ZeroMQError) {
        var publicText = [CChar](repeating: 0, count: 41)
        var secretText = publicText
        guard zmq_curve_keypair(&publicText, &secretText) == 0 else {
            throw ZeroMQError(action: "make a CURVE key pair", function: "zmq_curve_keypair")
        }
        (publicKey, secretKey) = (Self.text(publicText), Self.text(secretText))
    }

    /// The pair that a secret key belongs to.
    ///
    /// - Throws: ``ZeroMQError`` when it is no key, or this libzmq has no CURVE.
    public init(secretKey: String) throws(ZeroMQError) {
        var publicText = [CChar](repeating: 0, count: 41)
        guard zmq_curve_public(&publicText, secretKey) == 0 else {
            throw ZeroMQError(action: "derive a public CURVE key", function: "zmq_curve_public")
        }
        (publicKey, self.secretKey) = (Self.text(publicText), secretKey)
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix(40).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
