public import Model

/// One value for `$1`, `$2`, … of a statement, sent in PostgreSQL's binary form.
///
/// Arrays become one-dimensional PostgreSQL arrays: `unnest($1::int[], $2::text[])` is the way to send many rows.
public enum PostgreSQLParameter: Sendable {
    case null
    case boolean(Bool)
    case int16(Int16)
    case int32(Int32)
    case int64(Int64)
    case double(Double)
    case text(String)
    case bytes([UInt8])
    case timestamp(Timestamp)
    /// `jsonb`, given as its text.
    case json(String)

    case int16s([Int16])
    case int32s([Int32])
    case int64s([Int64])
    case doubles([Double?])
    case texts([String?])
    case byteArrays([[UInt8]?])
    case timestamps([Timestamp?])
    case jsons([String?])
}

extension PostgreSQLParameter: ExpressibleByStringLiteral, ExpressibleByStringInterpolation {
    public init(stringLiteral value: String) {
        self = .text(value)
    }
}

/// Numbers of the built-in types. Source: PostgreSQL's catalog, pg_type.dat.
enum TypeOID {
    static let boolean: UInt32 = 16
    static let bytea: UInt32 = 17
    static let int64: UInt32 = 20
    static let int16: UInt32 = 21
    static let int32: UInt32 = 23
    static let text: UInt32 = 25
    static let float4: UInt32 = 700
    static let float8: UInt32 = 701
    static let timestamptz: UInt32 = 1184
    static let jsonb: UInt32 = 3802

    static let byteaArray: UInt32 = 1001
    static let int16Array: UInt32 = 1005
    static let int32Array: UInt32 = 1007
    static let textArray: UInt32 = 1009
    static let int64Array: UInt32 = 1016
    static let float8Array: UInt32 = 1022
    static let timestamptzArray: UInt32 = 1185
    static let jsonbArray: UInt32 = 3807
}

extension PostgreSQLParameter {
    /// The type that the server is told, so that it never has to guess.
    var type: UInt32 {
        switch self {
        case .null: 0
        case .boolean: TypeOID.boolean
        case .int16: TypeOID.int16
        case .int32: TypeOID.int32
        case .int64: TypeOID.int64
        case .double: TypeOID.float8
        case .text: TypeOID.text
        case .bytes: TypeOID.bytea
        case .timestamp: TypeOID.timestamptz
        case .json: TypeOID.jsonb
        case .int16s: TypeOID.int16Array
        case .int32s: TypeOID.int32Array
        case .int64s: TypeOID.int64Array
        case .doubles: TypeOID.float8Array
        case .texts: TypeOID.textArray
        case .byteArrays: TypeOID.byteaArray
        case .timestamps: TypeOID.timestamptzArray
        case .jsons: TypeOID.jsonbArray
        }
    }

    /// Appends the value in binary form; false for NULL.
    func encode(into buffer: BinaryBuffer) -> Bool {
        switch self {
        case .null: return false
        case .boolean(let value): buffer.append(value ? 1 as UInt8 : 0)
        case .int16(let value): buffer.append(value)
        case .int32(let value): buffer.append(value)
        case .int64(let value): buffer.append(value)
        case .double(let value): buffer.append(value.bitPattern)
        case .text(let value): buffer.append(utf8: value)
        case .bytes(let value): buffer.append(bytes: value)
        case .timestamp(let value): buffer.append(value.postgreSQLMicroseconds)
        case .json(let value): buffer.append(json: value)
        default: encodeArray(into: buffer)
        }
        return true
    }

    private func encodeArray(into buffer: BinaryBuffer) {
        switch self {
        case .int16s(let values): buffer.append(array: values, of: TypeOID.int16) { $0.append($1) }
        case .int32s(let values): buffer.append(array: values, of: TypeOID.int32) { $0.append($1) }
        case .int64s(let values): buffer.append(array: values, of: TypeOID.int64) { $0.append($1) }
        case .doubles(let values): buffer.append(array: values, of: TypeOID.float8) { $0.append($1.bitPattern) }
        case .texts(let values): buffer.append(array: values, of: TypeOID.text) { $0.append(utf8: $1) }
        case .byteArrays(let values): buffer.append(array: values, of: TypeOID.bytea) { $0.append(bytes: $1) }
        case .timestamps(let values):
            buffer.append(array: values, of: TypeOID.timestamptz) { $0.append($1.postgreSQLMicroseconds) }
        case .jsons(let values): buffer.append(array: values, of: TypeOID.jsonb) { $0.append(json: $1) }
        default: preconditionFailure("only array parameters are encoded as arrays")
        }
    }
}
