internal import CPostgreSQL
public import IOLoop
internal import ZeroMQ

/// One connection to PostgreSQL over libpq in non-blocking mode: the I/O thread never waits in it.
///
/// One operation at a time; an operation that overlaps another is the caller's mistake and traps. After an error for
/// which `isConnectionLost` holds, make a new connection (see ``PostgreSQLSession``).
@IOThread
public final class PostgreSQLConnection {
    public let configuration: PostgreSQLConfiguration
    /// Called when an idle connection breaks: the server went away, or an operator ended the backend.
    public var onLost: (@IOThread (PostgreSQLError) -> Void)?

    /// nil once closed.
    var handle: OpaquePointer?
    /// Closed while an operation was under way, whose code has it still: it is freed when that has ended.
    private var doomed: OpaquePointer?
    /// Why the connection was given up, when it was.
    private(set) var failure: PostgreSQLError?
    /// Names of the statements that this connection has prepared.
    var prepared: Set<String> = []
    let parameters = ParameterEncoder()

    private var watch: Watch?
    private var waiter: CheckedContinuation<Void, any Error>?
    private var deadline: ScheduledTimer?
    private(set) var operation: String?
    private let notices: NoticeSink

    init(_ configuration: PostgreSQLConfiguration, onNotice: @escaping @Sendable (String) -> Void) {
        self.configuration = configuration
        notices = NoticeSink(onNotice)
    }

    isolated deinit {
        close()
    }

    /// Usable for another operation.
    public var isOpen: Bool { handle != nil }

    /// The server's process for this connection, as in `pg_stat_activity.pid`.
    public var backendProcess: Int32 { handle.map { PQbackendPID($0) } ?? 0 }

    /// Gives the connection up. An operation under way throws `connectionLost`.
    public func close() {
        let reason = PostgreSQLError(
            kind: .connectionLost, operation: operation ?? "PostgreSQL", message: "the connection was closed")
        abandon(reason)
    }

    func closedMeanwhile() -> PostgreSQLError {
        close()
        return lost("the connection was closed", during: "connect")
    }

    // MARK: Operations

    /// Runs `body` as the one operation of this connection, with a deadline for all of it.
    func perform<Answer>(
        _ name: String, within limit: Duration?, _ body: @IOThread (OpaquePointer) async throws -> Answer
    ) async throws -> Answer {
        precondition(operation == nil, "\(name) overlaps \(operation ?? "") on one PostgreSQL connection")
        guard let handle else { throw failure ?? lost("the connection is closed", during: name) }
        operation = name
        deadline = EventLoop.schedule(after: limit ?? configuration.statementTimeout) { [weak self] in
            self?.deadlinePassed()
        }
        defer { endOperation() }
        return try await body(handle)
    }

    private func endOperation() {
        deadline?.cancel()
        deadline = nil
        operation = nil
        if let doomed { PQfinish(doomed) }
        doomed = nil
        if let handle { watchSocket(of: handle, for: .readable) }
    }

    private func deadlinePassed() {
        abandon(
            PostgreSQLError(
                kind: .deadlineExceeded, operation: operation ?? "PostgreSQL",
                message: "no answer in time; the connection is given up"))
    }

    // MARK: Waiting

    /// Suspends until the socket is ready. Throws when the connection is given up meanwhile.
    func waitUntilReady(for interest: Readiness) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            guard let handle else {
                return continuation.resume(throwing: failure ?? lost("the connection is closed"))
            }
            watchSocket(of: handle, for: interest)
            waiter = continuation
        }
        // Between the socket's turn and this one somebody may have closed the connection: `handle` is freed then.
        guard self.handle != nil else { throw failure ?? lost("the connection is closed") }
    }

    /// libpq closes the socket and opens another while it connects, so the watch follows.
    private func watchSocket(of handle: OpaquePointer, for interest: Readiness) {
        if let watch {
            watch.interest = interest
            return
        }
        watch = EventLoop.watch(descriptor: PQsocket(handle), for: interest) { [weak self] _ in
            self?.socketIsReady()
        }
    }

    func forgetSocket() {
        watch?.cancel()
        watch = nil
    }

    private func socketIsReady() {
        if let waiter {
            self.waiter = nil
            // Level triggered: without this the loop would come back until the operation has read its answer.
            watch?.interest = []
            waiter.resume()
        } else if operation == nil {
            readWhileIdle()
        }
    }

    /// Nothing was asked, yet the server speaks: a notice, a changed setting, or its last words.
    private func readWhileIdle() {
        guard let handle else { return }
        let alive = PQconsumeInput(handle) == 1
        while let result = PQgetResult(handle) { PQclear(result) }
        if !alive || PQstatus(handle) == CONNECTION_BAD {
            let error = lost(lastMessage(of: handle), during: "idle connection")
            abandon(error)
            onLost?(error)
        }
    }

    // MARK: The end

    /// Gives the handle up; whoever waits gets `reason`.
    func abandon(_ reason: PostgreSQLError) {
        guard let handle else { return }
        failure = reason
        self.handle = nil
        forgetSocket()
        if operation == nil { PQfinish(handle) } else { doomed = handle }
        prepared.removeAll()
        let interrupted = waiter
        waiter = nil
        interrupted?.resume(throwing: reason)
    }

    func lost(_ message: String, during name: String? = nil) -> PostgreSQLError {
        PostgreSQLError(kind: .connectionLost, operation: name ?? operation ?? "PostgreSQL", message: message)
    }

    /// Gives the connection up because libpq says that it is broken.
    func abandonBroken(_ handle: OpaquePointer) -> PostgreSQLError {
        let error = lost(lastMessage(of: handle))
        abandon(error)
        return error
    }

    func lastMessage(of handle: OpaquePointer) -> String {
        String(cString: PQerrorMessage(handle)).firstLineTrimmed
    }

    func adopt(_ handle: OpaquePointer) {
        self.handle = handle
        notices.attach(to: handle)
    }
}
