public import Settings
public import ZeroMQ

/// A connection that came to nothing since the two sides do not know each other. Holds nothing secret.
public struct PipeRefusal: Hashable, Sendable {
    public var failure: HandshakeFailure
    /// Of the peer where it is known: `192.0.2.7`, or the address that a downstream connects to.
    public var peer: String?
    /// The client's public key, of an unknown one.
    public var key: CurveKey?

    public init(failure: HandshakeFailure, peer: String? = nil, key: CurveKey? = nil) {
        (self.failure, self.peer, self.key) = (failure, peer, key)
    }

    /// What is wrong, seen from upstream or from downstream.
    public enum Side: Sendable {
        case upstream
        case downstream
    }

    /// A sentence with what to do about it.
    public func explanation(on side: Side) -> String {
        switch (failure, side) {
        case (.unknownClient, .upstream): "its key is not among the known ones: add it to pipes.curve.known_keys"
        case (.unknownClient, .downstream): "it does not know this service's key: add it to its pipes.curve.known_keys"
        case (.wrongServerKey, .upstream): "it expects another key of this service: give it this service's .pub file"
        case (.wrongServerKey, .downstream): "its key is not the one in its .pub file here"
        case (.otherMechanism, _): "one side of the pipe has keys and the other has none: see pipes.curve"
        case (.malformed, _): "what it sent is no handshake of a pipe"
        case (.closed, .upstream): "it hung up during the handshake"
        case (.closed, .downstream): "it hung up during the handshake: its key may not be the one in its .pub file here"
        }
    }
}
