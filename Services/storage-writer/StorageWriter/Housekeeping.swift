internal import IOLoop
internal import Logging
internal import Model
internal import Observability
internal import PostgreSQL

/// What can wait, on a connection of its own so that storing never waits for it: partitions made ahead, low-water
/// marks, retention.
@IOThread
final class Housekeeping {
    private let session: PostgreSQLSession
    private let sink: PostgreSQLSink
    private let daysAhead: Int
    private let retention: Retention?
    private let alertRetention: AlertRetention?
    private let interval: Duration
    private let metrics: StorageWriterMetrics
    private let marks = LowWaterMarks()
    private var task: Task<Void, Never>?
    /// A backup, which retention was in the way of, takes its time.
    private var dropsAgainAt = ContinuousClock.now
    private static let pauseWhileBusy = Duration.seconds(60)

    init(
        session: PostgreSQLSession, sink: PostgreSQLSink, configuration: StorageWriterConfiguration,
        metrics: StorageWriterMetrics
    ) {
        self.session = session
        self.sink = sink
        daysAhead = configuration.daysAhead
        retention = configuration.retention.map(Retention.init(keep:))
        alertRetention = configuration.alertRetention.map { AlertRetention(keep: $0) }
        interval = configuration.housekeepingInterval
        self.metrics = metrics
    }

    func start() {
        task = IOThread.task { await self.run() }
    }

    func stop() async {
        task?.cancel()
        session.close()
        await task?.value
    }

    private func run() async {
        while !Task.isCancelled {
            do {
                await turn(at: .now(), on: try await session.connection())
            } catch {
                report(error)
            }
            // Ends early when the task is cancelled; the loop then sees it.
            try? await Task.sleep(for: interval)
        }
    }

    /// A chore that fails keeps none of the others from being done.
    private func turn(at now: Timestamp, on connection: PostgreSQLConnection) async {
        for chore in chores where connection.isOpen && !Task.isCancelled {
            do {
                try await chore(now, connection)
            } catch {
                report(error)
            }
        }
    }

    private func report(_ error: any Error) {
        if !Task.isCancelled { metrics.housekeepingFailed.emit(["error": "\(error)"]) }
    }

    private var chores: [@IOThread (Timestamp, PostgreSQLConnection) async throws -> Void] {
        [keepUp, dropReadings, dropAlerts]
    }

    private func keepUp(at now: Timestamp, on connection: PostgreSQLConnection) async throws {
        try await ReadingDays().makeAhead(daysAhead, from: now, on: connection)
        try await marks.raise(to: sink.lowWater, on: connection)
        try await DeliveryAccounts(connection: connection).fold()
    }

    private func dropReadings(at now: Timestamp, on connection: PostgreSQLConnection) async throws {
        guard let retention, ContinuousClock.now >= dropsAgainAt else { return }
        let outcome = try await retention.run(at: now, on: connection)
        metrics.droppedDays.add(outcome.dropped.count)
        guard let busy = outcome.busy else { return }
        dropsAgainAt = .now + Self.pauseWhileBusy
        metrics.retentionPostponed.emit(["day": "\(busy)"])
    }

    private func dropAlerts(at now: Timestamp, on connection: PostgreSQLConnection) async throws {
        guard let alertRetention else { return }
        metrics.droppedAlerts.add(try await alertRetention.run(at: now, on: connection))
    }
}
