/// What a connection tells its owner.
public enum RedisConnectionState: Sendable, Equatable {
    /// Not started, or closed.
    case closed
    /// On the way, for the first time or again.
    case connecting
    case connected
    /// Waiting for the next attempt; the error says what ended the last one.
    case disconnected(RedisError)

    public var isConnected: Bool { self == .connected }
}
