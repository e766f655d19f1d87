public import Model

/// Rows in the form of `COPY … FROM STDIN (FORMAT binary)`, written into one buffer that is used again and again.
///
/// For each row call ``beginRow()`` and then exactly `fieldsPerRow` appends, in the order of the COPY's columns and
/// with their exact types: PostgreSQL's binary form knows no conversions. ``finish()`` ends it.
/// Source of the form: PostgreSQL 15, "COPY", "Binary Format".
public final class BinaryCopyEncoder {
    let buffer: BinaryBuffer
    private let fieldsPerRow: Int16
    /// Rows begun since the last ``removeAll()``.
    public private(set) var rows = 0

    public init(fieldsPerRow: Int, capacity: Int = 64 * 1024) {
        self.fieldsPerRow = Int16(fieldsPerRow)
        buffer = BinaryBuffer(capacity: capacity)
        removeAll()
    }

    /// Everything encoded so far, header included.
    public var bytes: UnsafeRawBufferPointer { buffer.bytes }

    /// Forgets all rows, keeps the memory.
    public func removeAll() {
        rows = 0
        buffer.removeAll()
        buffer.append(bytes: Self.signature)
        buffer.append(0 as Int32)  // flags
        buffer.append(0 as Int32)  // length of the header's extension
    }

    public func beginRow() {
        rows += 1
        buffer.append(fieldsPerRow)
    }

    public func finish() {
        buffer.append(-1 as Int16)
    }

    private static let signature: [UInt8] = Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0x00]
}

// The fields, by PostgreSQL's type.
extension BinaryCopyEncoder {
    public func appendNull() {
        buffer.append(-1 as Int32)
    }

    /// `smallint`
    public func append(_ value: Int16) {
        buffer.append(2 as Int32)
        buffer.append(value)
    }

    /// `integer`
    public func append(_ value: Int32) {
        buffer.append(4 as Int32)
        buffer.append(value)
    }

    /// `bigint`
    public func append(_ value: Int64) {
        buffer.append(8 as Int32)
        buffer.append(value)
    }

    /// `real`
    public func append(_ value: Float) {
        buffer.append(4 as Int32)
        buffer.append(value.bitPattern)
    }

    /// `double precision`
    public func append(_ value: Double) {
        buffer.append(8 as Int32)
        buffer.append(value.bitPattern)
    }

    /// `timestamptz`
    public func append(_ value: Timestamp) {
        append(value.postgreSQLMicroseconds)
    }

    /// `text`
    public func append(_ value: String) {
        buffer.appendWithLength { $0.append(utf8: value) }
    }

    /// `jsonb`, given as its text
    public func append(json value: String) {
        buffer.appendWithLength { $0.append(json: value) }
    }

    /// `bytea`
    public func append(_ value: [UInt8]) {
        buffer.append(Int32(value.count))
        buffer.append(bytes: value)
    }
}
