internal import IOLoop
internal import Logging
internal import Observability
internal import PostgreSQL

/// Looks for tokens that nobody took, and recovers their readings when they are old enough.
///
/// It has a connection of its own: a recovery may take longer than the time between two merges.
@IOThread
final class BacklogWatch {
    private let session: PostgreSQLSession
    private let metrics: AggregatorMetrics
    private let database: HealthCheck
    private let rollups: HealthCheck
    /// Age of the oldest token from which on its readings are recovered.
    var recoverAfter: Duration
    private let interval: Duration
    private var timer: ScheduledTimer?
    private var looking: Task<Void, Never>?

    init(
        session: PostgreSQLSession, configuration: AggregatorConfiguration, metrics: AggregatorMetrics,
        health: HealthBoard
    ) {
        self.session = session
        self.metrics = metrics
        database = health.check("postgres")
        rollups = health.check("rollups", initially: .ok, "")
        recoverAfter = configuration.recoverAfter
        interval = configuration.checkInterval
    }

    /// The first look is at once: tokens may have waited while no aggregator ran.
    func start() {
        look()
        timer = EventLoop.schedule(every: interval) { [weak self] in self?.look() }
    }

    func stop() async {
        timer?.cancel()
        // A recovery under way would hold the shutdown up; without its connection it rolls back.
        session.close()
        await looking?.value
    }

    private func look() {
        guard looking == nil else { return }
        looking = IOThread.task {
            await self.lookAndRecover()
            self.looking = nil
        }
    }

    private func lookAndRecover() async {
        do {
            let connection = try await session.connection()
            let backlog = try await Backlog.measure(on: connection)
            report(backlog)
            if backlog.age >= recoverAfter { try await recover(on: connection) }
        } catch {
            report(error)
        }
    }

    private func recover(on connection: PostgreSQLConnection) async throws {
        guard let outcome = try await RollupRecovery(connection: connection).run() else { return }
        metrics.recoveries.add()
        metrics.recoveredTokens.add(outcome.tokens)
        metrics.recoveredRows.add(outcome.windows)
        metrics.conflicts.add(outcome.conflicts)
        metrics.recovered.emit(["tokens": "\(outcome.tokens)", "rows": "\(outcome.windows)"])
        report(try await Backlog.measure(on: connection))
    }

    private func report(_ backlog: Backlog) {
        metrics.pendingTokens.set(backlog.tokens)
        metrics.lag.set(backlog.age / .seconds(1))
        metrics.isConnected.set(1)
        database.report(.ok)
        let isLate = backlog.age > recoverAfter * 12
        rollups.report(
            isLate ? .degraded : .ok,
            isLate ? "the oldest readings that are not in the rollups were stored \(backlog.age) ago" : "")
    }

    private func report(_ error: any Error) {
        if let error = error as? PostgreSQLError, error.isMissingTable {
            metrics.schemaAwaited.emit(["missing": "\(error.message)"])
            database.report(.fail, "the schema is not there yet: storage-writer makes it when it starts")
        } else {
            metrics.isConnected.set(0)
            metrics.recoveryFailed.emit(["error": "\(error)"])
            database.report(.fail, "\(error)")
        }
    }
}

/// The tokens in PostgreSQL: what the rollups lack.
struct Backlog {
    var tokens: Int
    /// Of the oldest, by the server's clock.
    var age: Duration

    @IOThread
    static func measure(on connection: PostgreSQLConnection) async throws -> Backlog {
        let rows = try await connection.query(
            """
            SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::double precision
            FROM rollup_tokens
            """)
        return Backlog(tokens: Int(rows.integer(0, 0)), age: .seconds(rows.double(0, 1)))
    }
}
