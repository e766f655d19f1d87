/// A Lua script that the server runs atomically. Scripts are values that a connection is given when it is made: it
/// loads them on every connect and calls them by hash.
public struct RedisScript: Hashable, Sendable {
    /// For error messages.
    public var name: String
    public var source: String

    public init(name: String, source: String) {
        self.name = name
        self.source = source
    }

    /// By name alone: a script is looked up for every call, and its source is long.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
    }
}
