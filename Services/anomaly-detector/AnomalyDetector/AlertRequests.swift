internal import AlertRecords
internal import Alerting
internal import IOLoop
internal import Logging
internal import Model
internal import Observability
internal import PostgreSQL

/// What people asked for, through whichever instance or the command line: silences, and alerts that somebody has in hand. It is in
/// PostgreSQL; whoever owns the series takes it from there.
@IOThread
final class AlertRequests {
    private let database: AlertDatabase
    private let memory: SeriesMemory
    private let rounds: AlertRounds
    private let metrics: AnomalyDetectorMetrics
    private var isLooking = false

    init(_ database: AlertDatabase, memory: SeriesMemory, rounds: AlertRounds, metrics: AnomalyDetectorMetrics) {
        self.database = database
        self.memory = memory
        self.rounds = rounds
        self.metrics = metrics
    }

    /// Returns when the silences are known, so that no start tells of what is silenced, or after `limit`.
    func learnSilences(within limit: Duration) async {
        let deadline = ContinuousClock.now + limit
        while !memory.book.knowsSilences, .now < deadline {
            look()
            await EventLoop.sleep(for: .milliseconds(20))
        }
    }

    /// Once a second.
    func look() {
        guard !isLooking else { return }
        isLooking = true
        IOThread.task {
            // One of them unreadable must not keep us from the other.
            await self.attempt { try await self.readSilences($0) }
            await self.attempt { try await self.takeAcknowledgements($0) }
            self.isLooking = false
        }
    }

    private func attempt(_ work: @IOThread (PostgreSQLConnection) async throws -> Void) async {
        do {
            try await database.run(work)
        } catch let error as PostgreSQLError where error.isMissingTable {
            metrics.schemaAwaited.emit()
        } catch {
            metrics.requestsUnread.emit(["why": "\(error)"])
        }
    }

    private func readSilences(_ connection: PostgreSQLConnection) async throws {
        let silences = try await SilenceTable(connection: connection).current(at: .now())
        if silences != memory.book.silences { memory.book.silences = silences }
        memory.book.knowsSilences = true
    }

    private func takeAcknowledgements(_ connection: PostgreSQLConnection) async throws {
        let table = AcknowledgementTable(connection: connection)
        for request in try await table.open() {
            guard let outcome = take(request) else { continue }
            try await table.take(request.alertID, outcome: outcome)
        }
    }

    /// - Returns: what came of it; nil when another instance is to answer.
    private func take(_ request: Acknowledgement) -> String? {
        var transitions: [AlertTransition] = []
        let outcome = memory.book.acknowledge(
            request.alertID, by: request.actor, note: request.note, at: .now(), where: rounds.owned,
            into: &transitions)
        rounds.publish(transitions)
        return outcome == .unknown ? nil : outcome.outcome
    }
}
