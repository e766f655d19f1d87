/// What failed, where, and whether trying again can help. Reads aloud:
/// "cannot connect to redis://127.0.0.1:6379/0: Connection refused (errno 111)".
public struct RedisError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Open: more codes may come with more features.
    public struct Code: RawRepresentable, Hashable, Sendable {
        public var rawValue: String

        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        public static let invalidURL = Code(rawValue: "invalid_url")
        public static let tlsUnsupported = Code(rawValue: "tls_unsupported")
        public static let unresolvedHost = Code(rawValue: "unresolved_host")
        public static let connectFailed = Code(rawValue: "connect_failed")
        public static let notConnected = Code(rawValue: "not_connected")
        public static let connectionLost = Code(rawValue: "connection_lost")
        public static let timedOut = Code(rawValue: "timed_out")
        public static let outputFull = Code(rawValue: "output_full")
        public static let protocolViolation = Code(rawValue: "protocol_violation")
        /// The server answered with an error.
        public static let refused = Code(rawValue: "refused")
        /// The server's answer is not of the expected type.
        public static let unexpectedReply = Code(rawValue: "unexpected_reply")
        /// `close()` was called here.
        public static let closed = Code(rawValue: "closed")
    }

    public var code: Code
    public var message: String
    /// The same call may succeed later, with nothing changed by hand.
    public var isRetriable: Bool

    public init(_ code: Code, _ message: String, isRetriable: Bool) {
        self.code = code
        self.message = message
        self.isRetriable = isRetriable
    }

    public var description: String { message }
}

extension RedisError {
    /// An error reply, such as `WRONGTYPE Operation against a key …`; `what` was attempted.
    static func refused(_ reply: String, while what: String) -> RedisError {
        let kind = reply.prefix { $0 != " " }
        let passing: Set<Substring> = ["LOADING", "BUSY", "TRYAGAIN", "CLUSTERDOWN", "MASTERDOWN", "READONLY", "OOM"]
        return RedisError(.refused, "cannot \(what): the server says \(reply)", isRetriable: passing.contains(kind))
    }
}
