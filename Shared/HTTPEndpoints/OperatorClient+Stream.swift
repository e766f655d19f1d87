internal import NIOCore
internal import NIOHTTP1
internal import Synchronization

extension OperatorClient {
    /// Asks for an answer that comes in pieces, and hands each over as it comes. It lasts until the server ends it, the task is
    /// cancelled, or `take` throws; then the connection is closed.
    ///
    /// - Parameters:
    ///   - limit: for connecting.
    ///   - silence: after so long without a piece the connection is given up. The time in which `take` works does not count.
    ///   - take: gets the answer's status, which comes with every piece, and some bytes. The next piece is read when it returns.
    /// - Returns: the status of the answer, which has ended.
    /// - Throws: ``HTTPNoReply``, `CancellationError`, and what `take` throws.
    @discardableResult
    public func stream(
        _ path: String, from address: HTTPAddress, connectingWithin limit: Duration,
        silentFor silence: Duration = .seconds(3_600),
        _ take: (_ status: Int, _ piece: [UInt8]) async throws -> Void
    ) async throws -> Int {
        let server = address.authority
        let (connection, fault) = try await connect(to: address, within: limit)
        return try await connection.executeThenClose { inbound, outbound in
            let watch = SilenceWatch(on: connection.channel, after: silence)
            defer { watch.end() }
            do {
                try await outbound.write(contentsOf: ClientQuestion(.GET, path, token).parts(server))
                return try await Self.pieces(of: inbound, server, watch, take)
            } catch let error where watch.hasClosed && !(error is CancellationError) {
                throw HTTPNoReply(cause: .silent, server: server, reason: "nothing for \(silence)")
            } catch {
                throw fault.noReply(from: server) ?? error
            }
        }
    }

    /// The same, without TLS.
    ///
    /// - Parameter host: a name or an address, without brackets.
    @discardableResult
    public func stream(
        _ path: String, host: String, port: Int, connectingWithin limit: Duration,
        silentFor silence: Duration = .seconds(3_600),
        _ take: (_ status: Int, _ piece: [UInt8]) async throws -> Void
    ) async throws -> Int {
        let address = HTTPAddress(host: host, port: port)
        return try await stream(path, from: address, connectingWithin: limit, silentFor: silence, take)
    }

    private static func pieces(
        of inbound: NIOAsyncChannelInboundStream<HTTPClientResponsePart>, _ server: String, _ watch: SilenceWatch,
        _ take: (_ status: Int, _ piece: [UInt8]) async throws -> Void
    ) async throws -> Int {
        var status = 0
        watch.begin()
        for try await part in inbound {
            watch.end()
            defer { watch.begin() }
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

/// Closes a connection over which nothing has come for a while.
private final class SilenceWatch: Sendable {
    private let channel: any Channel
    private let limit: TimeAmount
    private let state = Mutex<(timer: Scheduled<Void>?, hasClosed: Bool)>((nil, false))

    init(on channel: any Channel, after limit: Duration) {
        self.channel = channel
        self.limit = TimeAmount(limit)
    }

    var hasClosed: Bool { state.withLock { $0.hasClosed } }

    func begin() {
        let timer = channel.eventLoop.scheduleTask(in: limit) { [self] in
            state.withLock { $0.hasClosed = true }
            channel.close(promise: nil)
        }
        state.withLock { $0.timer = timer }
    }

    func end() {
        state.withLock { state in
            state.timer?.cancel()
            state.timer = nil
        }
    }
}
