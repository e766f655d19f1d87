/// A size in bytes, written `64MiB` (powers of 1024) or `64MB` (powers of 1000) in `sluice.yaml`.
public struct ByteCount: Hashable, Comparable, Sendable {
    /// Never negative when it was read from text.
    public var bytes: Int

    public init(_ bytes: Int) {
        self.bytes = bytes
    }

    public static func kibibytes(_ count: Int) -> ByteCount { ByteCount(count << 10) }
    public static func mebibytes(_ count: Int) -> ByteCount { ByteCount(count << 20) }
    public static func gibibytes(_ count: Int) -> ByteCount { ByteCount(count << 30) }

    public static func < (left: ByteCount, right: ByteCount) -> Bool {
        left.bytes < right.bytes
    }
}

extension ByteCount: CustomStringConvertible {
    /// Longest suffix first, so that `MiB` is not taken for `B`.
    private static let units: [(suffix: String, bytes: Int)] = [
        ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("TiB", 1 << 40),
        ("kB", 1_000), ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
        ("B", 1),
    ]

    /// Reads `64MiB`, `1.5GB`, `512B` or `512`; nil for anything else, also for what does not fit.
    public init?(_ text: String) {
        let unit = Self.units.first { text.hasSuffix($0.suffix) }
        let digits = text.dropLast(unit?.suffix.count ?? 0)
        guard let number = DecimalNumber(digits), let bytes = number.scaled(by: unit?.bytes ?? 1) else { return nil }
        self.bytes = bytes
    }

    /// The shortest exact text in powers of 1024: `64MiB`, `1500B`.
    public var description: String {
        let exact = Self.units.prefix(4).last { bytes >= $0.bytes && bytes.isMultiple(of: $0.bytes) }
        guard let exact else { return "\(bytes)B" }
        return "\(bytes / exact.bytes)\(exact.suffix)"
    }
}
