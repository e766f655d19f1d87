internal import CMosquitto
internal import Glibc

/// What could not be done towards the broker, and why.
///
/// Reads aloud: "cannot connect to mqtt://broker:1883: Connection refused (mosquitto 14, errno 111)".
public struct MQTTError: Error, CustomStringConvertible, Sendable {
    public enum Code: Sendable, Hashable {
        /// libmosquitto said so, with errno where it refers to it.
        case library(Int32, errno: Int32)
        /// The broker answered with this CONNACK, SUBACK, PUBACK or DISCONNECT code.
        case broker(Int32)
        case nameNotFound
        case timedOut
        /// As many messages are under way as `sendMaximum` allows.
        case windowFull
        case notConnected
        case closed
    }

    /// What was tried, with its object: `connect to mqtt://broker:1883`.
    public var action: String
    public var code: Code
    var reason: String

    public var description: String { "cannot \(action): \(reason)" }

    /// The same may succeed later without anybody changing the configuration.
    public var isRetriable: Bool {
        switch code {
        case .library(let code, _):
            ![
                MOSQ_ERR_INVAL, MOSQ_ERR_PAYLOAD_SIZE, MOSQ_ERR_NOT_SUPPORTED, MOSQ_ERR_MALFORMED_UTF8,
                MOSQ_ERR_OVERSIZE_PACKET, MOSQ_ERR_QOS_NOT_SUPPORTED,
            ].contains { $0.code == code }
        case .broker(let code): ![1, 2, 4, 5, 0x80, 0x84, 0x85, 0x86, 0x87, 0x8A, 0x8C, 0x8F, 0x90].contains(code)
        case .nameNotFound, .timedOut, .windowFull, .notConnected: true
        case .closed: false
        }
    }
}

extension MQTTError {
    static func library(_ action: String, _ code: Int32) -> MQTTError {
        let system = errno
        guard code == MOSQ_ERR_ERRNO.code else {
            let reason = "\(String(cString: mosquitto_strerror(code))) (mosquitto \(code))"
            return MQTTError(action: action, code: .library(code, errno: 0), reason: reason)
        }
        let reason = "\(String(cString: strerror(system))) (mosquitto \(code), errno \(system))"
        return MQTTError(action: action, code: .library(code, errno: system), reason: reason)
    }

    /// - Parameter sentence: the broker's code in words.
    static func broker(_ action: String, _ code: Int32, _ sentence: UnsafePointer<CChar>?) -> MQTTError {
        let words = sentence.map { String(cString: $0) } ?? "refused"
        return MQTTError(action: action, code: .broker(code), reason: "\(words) (reason code \(code))")
    }

    /// - Parameter words: what libmosquitto logged: `OpenSSL Error[0]: error:0A000086:…::certificate verify failed`.
    func with(_ words: String?) -> MQTTError {
        guard let words else { return self }
        var error = self
        error.reason = "\(words.drop { $0 != ":" }.dropFirst(2)), \(reason)"
        return error
    }

    static func timedOut(_ action: String, after limit: Duration) -> MQTTError {
        MQTTError(action: action, code: .timedOut, reason: "no answer within \(limit)")
    }

    static func notConnected(_ action: String) -> MQTTError {
        MQTTError(action: action, code: .notConnected, reason: "there is no connection to the broker")
    }

    static func windowFull(_ action: String, _ limit: UInt16) -> MQTTError {
        MQTTError(action: action, code: .windowFull, reason: "\(limit) messages are already under way")
    }

    static func closed(_ action: String) -> MQTTError {
        MQTTError(action: action, code: .closed, reason: "the client was closed")
    }

    static func nameNotFound(_ action: String, _ failure: Int32) -> MQTTError {
        MQTTError(action: action, code: .nameNotFound, reason: String(cString: gai_strerror(failure)))
    }
}
