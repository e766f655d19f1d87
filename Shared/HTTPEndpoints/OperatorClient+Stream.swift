internal import NIOCore
internal import NIOHTTP1

extension OperatorClient {
    /// Asks for an answer that comes in pieces, and hands each over as it comes. It lasts until the server ends it, the task is
    /// cancelled, or `take` throws; then the connection is closed.
    ///
    /// - Parameters:
    ///   - host: a name or an address, without brackets.
    ///   - limit: for connecting.
    ///   - take: gets the answer's status, which comes with every piece, and some bytes. The next piece is read when it returns.
    /// - Returns: the status of the answer, which has ended.
    /// - Throws: ``HTTPNoReply``, `CancellationError`, and what `take` throws.
    @discardableResult
    public func stream(
        _ path: String, host: String, port: Int, connectingWithin limit: Duration,
        _ take: (_ status: Int, _ piece: [UInt8]) async throws -> Void
    ) async throws -> Int {
        let server = Self.name(host, port)
        let connection: Connection
        do {
            connection = try await connect(host, port, within: limit)
        } catch {
            throw HTTPNoReply(cause: .unreachable, server: server, reason: Self.reason(error))
        }
        return try await connection.executeThenClose { inbound, outbound in
            try await outbound.write(contentsOf: ClientQuestion(.GET, path, token).parts(server))
            return try await Self.pieces(of: inbound, server, take)
        }
    }

    private static func pieces(
        of inbound: NIOAsyncChannelInboundStream<HTTPClientResponsePart>, _ server: String,
        _ take: (_ status: Int, _ piece: [UInt8]) async throws -> Void
    ) async throws -> Int {
        var status = 0
        for try await part in inbound {
            switch part {
            case .head(let head): status = Int(head.status.code)
            case .body(let bytes): try await take(status, Array(buffer: bytes))
            case .end: return status
            }
        }
        try Task.checkCancellation()
        throw HTTPNoReply(cause: .broken, server: server, reason: "the connection ended in the middle")
    }
}
