internal import Model
public import Settings
internal import Synchronization

/// What an operator asked for.
public struct HTTPQuestion: Sendable {
    public var path: String
    /// What stands in the place of `{name}` in the route's path; percent-decoded.
    public var parameters: [String: String]
    /// The last value of each name; a name without a value has an empty one.
    public var query: [String: String]
    /// At most ``HTTPRoute/longestBody``; empty for GET and HEAD.
    public var body: [UInt8]
    public var caller: HTTPCaller

    public init(
        path: String, parameters: [String: String] = [:], query: [String: String] = [:], body: [UInt8] = [],
        caller: HTTPCaller = HTTPCaller()
    ) {
        self.caller = caller
        self.path = path
        self.parameters = parameters
        self.query = query
        self.body = body
    }
}

/// Who asks, as far as it matters.
public struct HTTPCaller: Hashable, Sendable {
    /// It came along, and is the right one.
    public var hasToken: Bool
    /// What is ``HTTPRoute/Access/openOnLoopback`` is open to this one.
    public var mayReadWithoutToken: Bool
    /// In the settings of the server.
    public var isThereAToken: Bool
    /// Strangers are told nothing that says for which faults this program is good.
    public var mayKnowVersion = false

    public init(hasToken: Bool = false, mayReadWithoutToken: Bool = false, isThereAToken: Bool = false) {
        self.hasToken = hasToken
        self.mayReadWithoutToken = mayReadWithoutToken
        self.isThereAToken = isThereAToken
    }
}

/// A short answer that is made as a whole, or a long one that comes in pieces.
public struct HTTPAnswer: Sendable {
    public var status: Int
    public var contentType: String
    public var body: String
    public var headers: [String: String]
    /// In the place of ``body``. Who asks with HEAD gets none: the sequence is dropped without being asked.
    public var chunks: HTTPChunks?

    public init(status: Int = 200, contentType: String, body: String, headers: [String: String] = [:]) {
        self.status = status
        self.contentType = contentType
        self.body = body
        self.headers = headers
    }

    public static func text(_ body: String, status: Int = 200) -> HTTPAnswer {
        HTTPAnswer(status: status, contentType: "text/plain; charset=utf-8", body: body)
    }

    public static func json(_ body: String, status: Int = 200) -> HTTPAnswer {
        HTTPAnswer(status: status, contentType: "application/json", body: body)
    }

    public static func html(_ body: String) -> HTTPAnswer {
        HTTPAnswer(contentType: "text/html; charset=utf-8", body: body)
    }

    public static func stream(_ chunks: HTTPChunks, contentType: String) -> HTTPAnswer {
        var answer = HTTPAnswer(contentType: contentType, body: "")
        answer.chunks = chunks
        return answer
    }

    /// `{"error":"…"}`
    ///
    /// - Parameter sentence: what is wrong, and what to do about it.
    public static func error(_ sentence: String, status: Int) -> HTTPAnswer {
        var json = JSONText()
        json.beginObject()
        json.key("error")
        json.string(sentence)
        json.endObject()
        return .json(json.text + "\n", status: status)
    }
}

/// A page of a service's own, or something that it does when asked to. What answers GET answers HEAD.
///
/// What is sent to it is JSON, and comes from a program or from a page of this server: what a browser sends for the page of another
/// site is refused.
public struct HTTPRoute: Sendable {
    public enum Method: Sendable, CaseIterable {
        case get
        case post
        case delete
    }

    public enum Access: Sendable {
        case open
        /// Open as long as the server listens on this machine alone, and is asked by that name; otherwise with the token. A
        /// page of another site that has its own name lead here is not let in.
        case openOnLoopback
        /// Shows or changes the operators' business: only with the token of ``HTTPSettings/operatorToken``, and not at all
        /// without one.
        case requiresToken
    }

    /// What a person writes is shorter, and nobody can fill our memory.
    public static let longestBody = ByteCount.kibibytes(64)

    public let method: Method
    public let path: String
    public let access: Access
    public let answer: @Sendable (HTTPQuestion) async -> HTTPAnswer

    /// - Parameter path: as in `/ledger`, or `/devices/{device}`, whose parts are ``HTTPQuestion/parameters``.
    public init(
        _ method: Method, _ path: String, access: Access = .open,
        answer: @escaping @Sendable (HTTPQuestion) async -> HTTPAnswer
    ) {
        self.method = method
        self.path = path
        self.access = access
        self.answer = answer
    }

    /// A page.
    public init(
        _ path: String, access: Access = .open, answer: @escaping @Sendable (HTTPQuestion) async -> HTTPAnswer
    ) {
        self.init(.get, path, access: access, answer: answer)
    }
}

/// The routes that a service adds while it is composed; the server takes them when it starts.
public final class RouteTable: Sendable {
    private let routes = Mutex<[HTTPRoute]>([])

    public init() {}

    public func add(_ route: HTTPRoute) {
        routes.withLock { $0.append(route) }
    }

    public func contains(_ path: String) -> Bool { routes.withLock { $0.contains { $0.path == path } } }

    var all: [HTTPRoute] { routes.withLock { $0 } }
}
