/// Which Sluice wrote the bytes. Readers skip fields of a newer minor and refuse another major.
public struct WireVersion: Hashable, Sendable, CustomStringConvertible {
    public var major: UInt32
    public var minor: UInt32

    public init(major: UInt32, minor: UInt32) {
        self.major = major
        self.minor = minor
    }

    /// What this build writes.
    public static let current = WireVersion(major: 1, minor: 2)

    /// Whether this build understands what `self` writes.
    public var isReadable: Bool { major == Self.current.major }

    public var description: String { "sluice.v\(major) (\(major).\(minor))" }
}
