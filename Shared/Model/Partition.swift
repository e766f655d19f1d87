/// One share of the devices. All readings of a device are in one partition, in every process and release.
public struct Partition: RawRepresentable, Hashable, Comparable, Sendable {
    public var rawValue: UInt16

    @inlinable
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// FNV-1a (64 bit) over the UTF-8 of the device id, modulo the number of partitions.
    /// Swift's `Hasher` is seeded per process and would send a device somewhere else after each restart.
    public init(device: String, of count: PartitionCount) {
        let hash = StableHash.fnv1a(device.utf8)
        self.rawValue = UInt16(hash % UInt64(count.rawValue))
    }

    @inlinable
    public static func < (left: Partition, right: Partition) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// How many partitions a deployment has. All services must agree; 32 unless configured.
public struct PartitionCount: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt16

    public init(rawValue: UInt16) {
        precondition(rawValue > 0, "a deployment has at least one partition")
        self.rawValue = rawValue
    }

    public static let standard = PartitionCount(rawValue: 32)

    public var all: [Partition] { (0..<rawValue).map(Partition.init(rawValue:)) }
}

/// Hashes that never change between processes, releases or machines.
public enum StableHash {
    /// FNV-1a, 64 bit. Source: Fowler, Noll, Vo; offset basis and prime from draft-eastlake-fnv.
    @inlinable
    public static func fnv1a(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in bytes {
            hash ^= UInt64(byte)
            hash = hash &* 0x0000_0100_0000_01b3
        }
        return hash
    }
}
