public import IOLoop

/// Keeps one connection: made when it is first needed, made again after it broke, with back-off between attempts.
@IOThread
public final class PostgreSQLSession {
    public enum State: Sendable {
        case idle
        case connected
        /// The last attempt failed; the next one is due after the back-off.
        case failing(PostgreSQLError, attempts: Int)
    }

    public private(set) var state = State.idle
    /// Called after each change of `state`.
    public var onChange: (@IOThread (State) -> Void)?

    private let configuration: PostgreSQLConfiguration
    private let onNotice: @Sendable (String) -> Void
    private let prepare: @IOThread (PostgreSQLConnection) async throws -> Void
    private let backoff: Backoff
    private var current: PostgreSQLConnection?
    private var attempt: Task<PostgreSQLConnection, any Error>?

    /// `prepare` runs on every new connection before anybody gets it: session settings, migrations.
    public init(
        _ configuration: PostgreSQLConfiguration, backoff: Backoff = Backoff(),
        onNotice: @escaping @Sendable (String) -> Void = { _ in },
        prepare: @escaping @IOThread (PostgreSQLConnection) async throws -> Void = { _ in }
    ) {
        self.configuration = configuration
        self.backoff = backoff
        self.onNotice = onNotice
        self.prepare = prepare
    }

    /// The open connection, or a new one: one attempt, shared by all who ask meanwhile. Throws `cannotConnect`.
    public func connection() async throws -> PostgreSQLConnection {
        if let current, current.isOpen { return current }
        let attempt = attempt ?? IOThread.throwingTask { try await self.connect() }
        self.attempt = attempt
        return try await attempt.value
    }

    private func connect() async throws -> PostgreSQLConnection {
        defer { attempt = nil }
        do {
            let connection = try await PostgreSQLConnection.connect(configuration, onNotice: onNotice)
            try await prepare(connection)
            guard !Task.isCancelled else { throw connection.closedMeanwhile() }
            connection.onLost = { [weak self] error in self?.failed(error) }
            current = connection
            change(to: .connected)
            return connection
        } catch let error as PostgreSQLError {
            failed(error)
            throw error
        }
    }

    /// Runs `work` on the connection until it succeeds. An error for which `isRetriable` holds waits out the back-off
    /// and runs it again, on a new connection when the old one broke; any other error, and cancellation, is thrown.
    public func retrying<Answer>(
        _ work: @IOThread (PostgreSQLConnection) async throws -> Answer
    ) async throws -> Answer {
        var attempt = 0
        while true {
            do {
                let connection = try await connection()
                let answer = try await work(connection)
                change(to: .connected)
                return answer
            } catch let error as PostgreSQLError where error.isRetriable {
                failed(error)
                try await Task.sleep(for: backoff.delay(after: attempt))
                attempt += 1
            }
        }
    }

    public func close() {
        attempt?.cancel()
        current?.close()
        current = nil
        state = .idle
    }

    private func failed(_ error: PostgreSQLError) {
        var attempts = 1
        if case .failing(_, let before) = state { attempts = before + 1 }
        change(to: .failing(error, attempts: attempts))
    }

    private func change(to next: State) {
        if case .connected = state, case .connected = next { return }
        state = next
        onChange?(next)
    }
}

/// Waiting times that double up to a ceiling, with up to a quarter of chance, so that many clients of a server that
/// comes back do not arrive together.
public struct Backoff: Sendable {
    public var first: Duration
    public var ceiling: Duration

    public init(first: Duration = .milliseconds(100), ceiling: Duration = .seconds(5)) {
        self.first = first
        self.ceiling = ceiling
    }

    /// The wait after attempt number `attempt`, counted from 0.
    public func delay(after attempt: Int) -> Duration {
        let doubled = first * Double(UInt64(1) << UInt64(min(attempt, 20)))
        return min(doubled, ceiling) * Double.random(in: 0.75...1)
    }
}
