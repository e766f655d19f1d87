internal import CHiredis

/// One reply of the server (RESP2).
public enum RedisValue: Sendable, Equatable {
    case null
    case integer(Int64)
    /// Binary safe.
    case bytes([UInt8])
    /// A simple string such as `OK`.
    case status(String)
    /// An error reply to this one command; the others of its pipeline are not touched by it.
    case error(String)
    case array([RedisValue])

    public var integer: Int64? {
        switch self {
        case .integer(let number): number
        default: nil
        }
    }

    public var bytes: [UInt8]? {
        switch self {
        case .bytes(let bytes): bytes
        default: nil
        }
    }

    /// The text of a string or status; bytes that are not UTF-8 are repaired.
    public var text: String? {
        switch self {
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .status(let text): text
        default: nil
        }
    }

    public var array: [RedisValue]? {
        switch self {
        case .array(let elements): elements
        default: nil
        }
    }

    /// The fields of a hash, as HGETALL answers them.
    public var fields: [String: String]? {
        guard let array, array.count.isMultiple(of: 2) else { return nil }
        var fields: [String: String] = [:]
        for index in stride(from: 0, to: array.count, by: 2) {
            guard let name = array[index].text, let value = array[index + 1].text else { return nil }
            fields[name] = value
        }
        return fields
    }

    /// The text of an error reply.
    public var errorText: String? {
        switch self {
        case .error(let text): text
        default: nil
        }
    }
}

extension RedisValue {
    /// Copies hiredis's reply tree; the caller frees the original. Null bulk strings and null arrays are `.null`.
    init(copying reply: UnsafePointer<redisReply>) {
        switch reply.pointee.type {
        case REDIS_REPLY_INTEGER: self = .integer(Int64(reply.pointee.integer))
        case REDIS_REPLY_STRING: self = .bytes(reply.pointee.text)
        case REDIS_REPLY_STATUS: self = .status(String(decoding: reply.pointee.text, as: UTF8.self))
        case REDIS_REPLY_ERROR: self = .error(String(decoding: reply.pointee.text, as: UTF8.self))
        case REDIS_REPLY_ARRAY: self = .array(reply.pointee.children)
        default: self = .null
        }
    }
}

extension redisReply {
    fileprivate var text: [UInt8] {
        let bytes = UnsafeRawBufferPointer(start: str, count: Int(len))
        return [UInt8](bytes)
    }

    fileprivate var children: [RedisValue] {
        (0..<Int(elements)).map { index in
            element[index].map { RedisValue(copying: $0) } ?? .null
        }
    }
}
