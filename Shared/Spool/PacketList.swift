internal import Model

/// Packets as bytes: packet id (2) and hash (8), little endian, one after the other.
enum PacketList {
    private static let stride = 10

    static func encode(_ packets: [RecentPacket]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(packets.count * stride)
        for packet in packets {
            withUnsafeBytes(of: packet.packetID.littleEndian) { bytes.append(contentsOf: $0) }
            withUnsafeBytes(of: packet.hash.littleEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes
    }

    static func decode(_ bytes: [UInt8]) -> [RecentPacket] {
        bytes.withUnsafeBytes { buffer in
            (0..<buffer.count / stride).map { index in
                RecentPacket(
                    packetID: UInt16(
                        littleEndian: buffer.loadUnaligned(fromByteOffset: index * stride, as: UInt16.self)),
                    hash: UInt64(
                        littleEndian: buffer.loadUnaligned(fromByteOffset: index * stride + 2, as: UInt64.self)))
            }
        }
    }
}

/// Partitions as bytes: two each, little endian.
enum PartitionList {
    static func encode(_ partitions: [Partition]) -> [UInt8] {
        partitions.flatMap { [UInt8(truncatingIfNeeded: $0.rawValue), UInt8(truncatingIfNeeded: $0.rawValue >> 8)] }
    }

    static func decode(_ bytes: [UInt8]) -> [Partition] {
        stride(from: 0, to: bytes.count - 1, by: 2).map { index in
            Partition(rawValue: UInt16(bytes[index]) | UInt16(bytes[index + 1]) << 8)
        }
    }
}
