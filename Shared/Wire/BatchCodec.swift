public import Model
internal import SwiftProtobuf

/// A ``ReadingBatch`` as bytes: `sluice.v1.Batch` (see Protos/sluice/v1/batch.proto).
///
/// Columns move between the model and the message by sharing their storage; nothing is copied per reading except
/// by Protobuf itself.
public enum BatchCodec {
    /// - Throws: ``WireError`` (`tooLarge`) from 2 GiB on, which Protobuf cannot frame.
    public static func encode(_ batch: ReadingBatch) throws(WireError) -> [UInt8] {
        do {
            return try Sluice_V1_Batch(batch).serializedBytes()
        } catch {
            throw WireError(.tooLarge, "batch", "\(batch.count) readings do not fit into a message: \(error)")
        }
    }

    /// Decodes and validates: what comes back has columns of equal length, and no index of it points outside.
    ///
    /// - Parameter partitions: of this deployment; a partition that it does not have is an error.
    /// - Throws: ``WireError``; nothing is allocated for the columns of a batch beyond `limits.bytes`.
    public static func decode(
        _ bytes: [UInt8], partitions: PartitionCount = .standard, limits: WireLimits = .standard
    ) throws(WireError) -> ReadingBatch {
        guard bytes.count <= limits.bytes else {
            throw WireError(.tooLarge, "batch", "\(bytes.count) bytes, the limit is \(limits.bytes)")
        }
        let message = try parse(bytes)
        try BatchValidation(partitions: partitions, limits: limits).check(message)
        return ReadingBatch(message)
    }

    private static func parse(_ bytes: [UInt8]) throws(WireError) -> Sluice_V1_Batch {
        do {
            return try Sluice_V1_Batch(serializedBytes: bytes)
        } catch {
            throw WireError(.malformed, "batch", "\(bytes.count) bytes are no sluice.v1.Batch: \(error)")
        }
    }
}
