internal import Glibc
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
public import Settings

/// What a server answered.
public struct HTTPReply: Sendable {
    public var status: Int
    public var body: String
}

/// Why a server did not answer.
public struct HTTPNoReply: Error, CustomStringConvertible, Sendable {
    public enum Cause: Sendable {
        /// Nobody listens there.
        case unreachable
        /// It took the connection, but not the question within the time.
        case silent
        /// What came was no HTTP, or ended early.
        case broken
    }

    public let cause: Cause
    public let server: String
    public let reason: String
    public var isRetriable: Bool { true }
    public var description: String { "no answer from \(server): \(reason)" }
}

/// Asks other instances' pages. Small on purpose: HTTP/1.1 with or without TLS, no proxies, redirects or cookies, on the
/// threads that serve pages.
public struct OperatorClient: Sendable {
    let token: Secret?
    let trust: ServerTrust

    /// - Parameter token: of the operators, for routes that require it. Without TLS it goes over the wire as it is.
    public init(token: Secret? = nil) {
        self.token = token
        trust = ServerTrust()
    }

    /// - Parameter authority: a file in PEM form, with whoever signs the certificates of servers that speak TLS; nil: those
    ///   whom the system knows.
    /// - Throws: ``UnusableCertificate``.
    public init(token: Secret? = nil, trusting authority: String?) throws(UnusableCertificate) {
        self.token = token
        trust = try ServerTrust(authority)
    }

    /// Asks for all paths, one after the other, on one connection.
    ///
    /// - Parameters:
    ///   - paths: at least one.
    ///   - limit: for the whole, connecting included.
    public func get(
        _ paths: [String], from address: HTTPAddress, within limit: Duration
    ) async throws(HTTPNoReply) -> [HTTPReply] {
        try await ask(paths.map { ClientQuestion(.GET, $0, token) }, address, within: limit)
    }

    /// The same, without TLS.
    ///
    /// - Parameter host: a name or an address, without brackets.
    public func get(
        _ paths: [String], host: String, port: Int, within limit: Duration
    ) async throws(HTTPNoReply) -> [HTTPReply] {
        try await get(paths, from: HTTPAddress(host: host, port: port), within: limit)
    }

    /// Asks for something to be done.
    ///
    /// - Parameters:
    ///   - body: JSON.
    ///   - host: a name or an address, without brackets.
    ///   - limit: for the whole, connecting included.
    public func post(
        _ path: String, _ body: String, host: String, port: Int, within limit: Duration
    ) async throws(HTTPNoReply) -> HTTPReply {
        let question = ClientQuestion(.POST, path, token, body: body)
        return try await ask([question], HTTPAddress(host: host, port: port), within: limit)[0]
    }

    private func ask(
        _ questions: [ClientQuestion], _ address: HTTPAddress, within limit: Duration
    ) async throws(HTTPNoReply) -> [HTTPReply] {
        let server = address.authority
        let (connection, fault) = try await connect(to: address, within: limit)
        do {
            return try await withThrowingTaskGroup(of: [HTTPReply]?.self) { group in
                group.addTask { try await Self.exchange(questions, server, on: connection) }
                group.addTask {
                    try await Task.sleep(for: limit)
                    return nil
                }
                defer { group.cancelAll() }
                if let replies = try await group.next() ?? nil { return replies }
                throw HTTPNoReply(cause: .silent, server: server, reason: "nothing within \(limit)")
            }
        } catch {
            throw fault.noReply(from: server) ?? (error as? HTTPNoReply)
                ?? HTTPNoReply(cause: .broken, server: server, reason: "\(error)")
        }
    }
}

typealias Connection = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

extension OperatorClient {
    /// NIO's own description is half a page.
    static func reason(_ error: any Error) -> String {
        let inner = (error as? NIOConnectionError)?.connectionErrors.first?.error ?? error
        guard let system = inner as? IOError else { return "cannot connect (\(inner))" }
        return "\(String(cString: strerror(system.errnoCode))) (connect, errno \(system.errnoCode))"
    }

    /// Returns before TLS has come about.
    func connect(
        to address: HTTPAddress, within limit: Duration
    ) async throws(HTTPNoReply) -> (Connection, HandshakeFault) {
        let fault = HandshakeFault()
        let bootstrap = ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup).connectTimeout(TimeAmount(limit))
        do {
            let connection = try await bootstrap.connect(host: address.host, port: address.port) { [trust] channel in
                channel.eventLoop.makeCompletedFuture {
                    if let handler = try trust.handler(for: address.transport) {
                        try channel.pipeline.syncOperations.addHandlers([handler, fault])
                    }
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
            return (connection, fault)
        } catch {
            throw HTTPNoReply(cause: .unreachable, server: address.authority, reason: Self.reason(error))
        }
    }

    private static func exchange(
        _ questions: [ClientQuestion], _ server: String, on connection: Connection
    ) async throws -> [HTTPReply] {
        try await connection.executeThenClose { inbound, outbound in
            var replies: [HTTPReply] = []
            var reply = PartialReply(server: server)
            try await outbound.write(contentsOf: questions[0].parts(server))
            for try await part in inbound {
                guard let whole = try reply.take(part) else { continue }
                replies.append(whole)
                if replies.count == questions.count { return replies }
                try await outbound.write(contentsOf: questions[replies.count].parts(server))
            }
            throw HTTPNoReply(cause: .broken, server: server, reason: "the connection ended in the middle")
        }
    }
}

/// What is asked of a server.
struct ClientQuestion: Sendable {
    let method: HTTPMethod
    let path: String
    let token: Secret?
    let body: String?

    init(_ method: HTTPMethod, _ path: String, _ token: Secret?, body: String? = nil) {
        (self.method, self.path, self.token, self.body) = (method, path, token, body)
    }

    func parts(_ server: String) -> [HTTPClientRequestPart] {
        var headers: HTTPHeaders = ["Host": server, "User-Agent": "sluice", "Accept": "*/*"]
        if let token { headers.add(name: "Authorization", value: "Bearer \(token.reveal())") }
        if let body {
            headers.add(name: "Content-Type", value: "application/json")
            headers.add(name: "Content-Length", value: "\(body.utf8.count)")
        }
        let head = HTTPRequestHead(version: .http1_1, method: method, uri: path, headers: headers)
        let content = body.map { [HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(string: $0)))] } ?? []
        return [.head(head)] + content + [.end(nil)]
    }
}

/// A reply of which some parts have come.
private struct PartialReply {
    /// Nobody's pages are longer; a peer cannot fill our memory.
    static let longestBody = 4 << 20

    let server: String
    private var status = 0
    private var body = ByteBuffer()

    init(server: String) {
        self.server = server
    }

    /// The whole reply, when this was its last part.
    mutating func take(_ part: HTTPClientResponsePart) throws(HTTPNoReply) -> HTTPReply? {
        switch part {
        case .head(let head): status = Int(head.status.code)
        case .body(var bytes):
            body.writeBuffer(&bytes)
            guard body.readableBytes <= Self.longestBody else {
                throw HTTPNoReply(cause: .broken, server: server, reason: "longer than \(Self.longestBody) bytes")
            }
        case .end:
            defer { body.clear() }
            return HTTPReply(status: status, body: String(buffer: body))
        }
        return nil
    }
}
