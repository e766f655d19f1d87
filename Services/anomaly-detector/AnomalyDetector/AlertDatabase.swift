internal import IOLoop
internal import PostgreSQL

/// PostgreSQL, as all need it who have to do with alerts: one connection, and one at a time on it.
@IOThread
final class AlertDatabase {
    let session: PostgreSQLSession
    private let turn = Turn()

    init(_ configuration: PostgreSQLConfiguration) {
        session = PostgreSQLSession(configuration)
    }

    /// - Throws: ``PostgreSQLError``, and what `work` throws.
    func run<Answer>(_ work: @IOThread (PostgreSQLConnection) async throws -> Answer) async throws -> Answer {
        await turn.take()
        defer { turn.pass() }
        return try await work(session.connection())
    }

    /// Tries until it is done; others have their turn in between.
    ///
    /// - Throws: what is not worth another try, and `CancellationError`.
    func runUntilDone(_ work: @IOThread (PostgreSQLConnection) async throws -> Void) async throws {
        let backoff = Backoff()
        for attempt in 0... {
            do {
                return try await run(work)
            } catch let error as PostgreSQLError where error.isRetriable {
                try await Task.sleep(for: backoff.delay(after: attempt))
            }
        }
    }

    /// Whether it makes sense to wait for it.
    var isUsable: Bool {
        if case .failing = session.state { return false }
        return true
    }
}
