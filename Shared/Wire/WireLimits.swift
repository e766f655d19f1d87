/// How much of a peer's batch this process is willing to hold.
public struct WireLimits: Hashable, Sendable {
    /// Bytes of an encoded batch.
    public var bytes: Int
    /// Readings, dead letters and presence changes together.
    public var items: Int
    /// That a batch says it came through.
    public var instances = 64

    public init(bytes: Int, items: Int) {
        self.bytes = bytes
        self.items = items
    }

    /// 64 MiB and a million: hundreds of times what a batch usually holds, a fraction of what memory does.
    public static let standard = WireLimits(bytes: 64 << 20, items: 1_000_000)
}
