internal import CPostgreSQL
public import Model

/// The answer to a statement. Values are read in place, in binary form, by row and column number.
///
/// Each accessor traps when the column's type is another than its name says: the statement and its reader belong
/// together. Values that can be NULL are asked with ``isNull(_:_:)`` first, or with the optional accessors.
///
/// `@unchecked Sendable`: a result is never changed after libpq has made it, and any thread may read and clear it.
public final class PostgreSQLRows: @unchecked Sendable {
    private let result: OpaquePointer
    public let count: Int
    public let columns: Int

    init(owning result: OpaquePointer) {
        self.result = result
        count = Int(PQntuples(result))
        columns = Int(PQnfields(result))
    }

    deinit {
        PQclear(result)
    }

    public var isEmpty: Bool { count == 0 }

    /// Rows that INSERT, UPDATE, DELETE, COPY or SELECT touched.
    public var affectedRows: Int { Int(String(cString: PQcmdTuples(result))) ?? 0 }

    var isCopyIn: Bool { PQresultStatus(result) == PGRES_COPY_IN }

    public func isNull(_ row: Int, _ column: Int) -> Bool {
        PQgetisnull(result, Int32(row), Int32(column)) == 1
    }

    public func boolean(_ row: Int, _ column: Int) -> Bool {
        bytes(row, column, TypeOID.boolean)[0] != 0
    }

    /// `smallint`, `integer` or `bigint`
    public func integer(_ row: Int, _ column: Int) -> Int64 {
        switch type(column) {
        case TypeOID.int16: Int64(bytes(row, column, TypeOID.int16).bigEndian(Int16.self, at: 0))
        case TypeOID.int32: Int64(bytes(row, column, TypeOID.int32).bigEndian(Int32.self, at: 0))
        default: bytes(row, column, TypeOID.int64).bigEndian(Int64.self, at: 0)
        }
    }

    /// `real` or `double precision`
    public func double(_ row: Int, _ column: Int) -> Double {
        if type(column) == TypeOID.float4 {
            return Double(Float(bitPattern: bytes(row, column, TypeOID.float4).bigEndian(UInt32.self, at: 0)))
        }
        return Double(bitPattern: bytes(row, column, TypeOID.float8).bigEndian(UInt64.self, at: 0))
    }

    /// `text`, `varchar`, `name`, `json` or `jsonb`
    public func text(_ row: Int, _ column: Int) -> String {
        let all = bytes(row, column)
        let text = type(column) == TypeOID.jsonb ? UnsafeRawBufferPointer(rebasing: all.dropFirst()) : all
        return String(decoding: text, as: UTF8.self)
    }

    public func optionalText(_ row: Int, _ column: Int) -> String? {
        isNull(row, column) ? nil : text(row, column)
    }

    public func data(_ row: Int, _ column: Int) -> [UInt8] {
        Array(bytes(row, column, TypeOID.bytea))
    }

    /// `timestamptz`
    public func timestamp(_ row: Int, _ column: Int) -> Timestamp {
        Timestamp(
            postgreSQLMicroseconds: bytes(row, column, TypeOID.timestamptz).bigEndian(Int64.self, at: 0))
    }

    /// `integer[]` without NULL elements
    public func int32s(_ row: Int, _ column: Int) -> [Int32] {
        elements(bytes(row, column, TypeOID.int32Array)) { $0.bigEndian(Int32.self, at: 0) }
    }

    /// `text[]` without NULL elements
    public func texts(_ row: Int, _ column: Int) -> [String] {
        elements(bytes(row, column, TypeOID.textArray)) { String(decoding: $0, as: UTF8.self) }
    }

    /// `bigint[]` without NULL elements
    public func int64s(_ row: Int, _ column: Int) -> [Int64] {
        elements(bytes(row, column, TypeOID.int64Array)) { $0.bigEndian(Int64.self, at: 0) }
    }
}

extension PostgreSQLRows {
    private func type(_ column: Int) -> UInt32 { PQftype(result, Int32(column)) }

    private func bytes(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer {
        precondition(row < count && column < columns, "row \(row), column \(column) is not in the answer")
        let length = Int(PQgetlength(result, Int32(row), Int32(column)))
        return UnsafeRawBufferPointer(start: PQgetvalue(result, Int32(row), Int32(column)), count: length)
    }

    private func bytes(_ row: Int, _ column: Int, _ expected: UInt32) -> UnsafeRawBufferPointer {
        precondition(
            type(column) == expected && !isNull(row, column),
            "column \(column) is NULL, or of type \(type(column)) where \(expected) is read")
        return bytes(row, column)
    }

    /// Source of the form: array_send in PostgreSQL's arrayfuncs.c.
    private func elements<Element>(
        _ array: UnsafeRawBufferPointer, _ decode: (UnsafeRawBufferPointer) -> Element
    ) -> [Element] {
        guard array.bigEndian(Int32.self, at: 0) == 1 else { return [] }
        let total = Int(array.bigEndian(Int32.self, at: 12))
        var offset = 20
        var elements: [Element] = []
        elements.reserveCapacity(total)
        for _ in 0..<total {
            let length = Int(array.bigEndian(Int32.self, at: offset))
            precondition(length >= 0, "an array element is NULL")
            elements.append(decode(UnsafeRawBufferPointer(rebasing: array[(offset + 4)..<(offset + 4 + length)])))
            offset += 4 + length
        }
        return elements
    }

    /// The server's refusal, when this result is one.
    func error(operation: String) -> PostgreSQLError? {
        guard PQresultStatus(result) == PGRES_FATAL_ERROR else { return nil }
        var error = PostgreSQLError(
            kind: .refused, operation: operation, sqlState: field(SLUICE_PG_SQLSTATE),
            message: field(SLUICE_PG_MESSAGE) ?? String(cString: PQresultErrorMessage(result)).firstLineTrimmed)
        error.detail = field(SLUICE_PG_DETAIL)
        error.hint = field(SLUICE_PG_HINT)
        error.context = field(SLUICE_PG_CONTEXT)
        error.constraint = field(SLUICE_PG_CONSTRAINT)
        return error
    }

    private func field(_ code: Int32) -> String? {
        PQresultErrorField(result, code).map { String(cString: $0) }
    }
}

extension UnsafeRawBufferPointer {
    func bigEndian<Number: FixedWidthInteger>(_ type: Number.Type, at offset: Int) -> Number {
        Number(bigEndian: loadUnaligned(fromByteOffset: offset, as: type))
    }
}
