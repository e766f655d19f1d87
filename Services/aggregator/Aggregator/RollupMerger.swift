internal import IOLoop
internal import Logging
internal import Model
internal import Observability
internal import PostgreSQL

/// Keeps what storage-writer sent until the next merge, and merges it on a timer.
///
/// Nothing here is the only copy of anything: whatever is lost with this process, or let go, still has its token in
/// PostgreSQL.
@IOThread
final class RollupMerger {
    private let session: PostgreSQLSession
    private let metrics: AggregatorMetrics
    private let sensors = SensorDirectory()
    private let interval: Duration
    /// So many are merged at once.
    var mergeReadings: Int
    /// Merged, or left to recovery, ever.
    private(set) var settledReadings = 0
    private var mergingReadings = 0
    var waitingReadings: Int { pending.readings + mergingReadings }
    private var pending: PendingBatches
    /// How long a merge took, whatever came of it.
    var onWork: (@IOThread (Duration) -> Void)?
    private var timer: ScheduledTimer?
    /// Gives false when what it took still waits.
    private var merging: Task<Bool, Never>?

    init(session: PostgreSQLSession, configuration: AggregatorConfiguration, metrics: AggregatorMetrics) {
        self.session = session
        self.metrics = metrics
        interval = configuration.mergeInterval
        mergeReadings = configuration.mergeReadings
        pending = PendingBatches(limit: configuration.pendingReadings)
    }

    func start() {
        timer = EventLoop.schedule(every: interval) { [weak self] in self?.mergeSoon() }
    }

    func receive(_ batch: PendingBatch) {
        metrics.receivedReadings.add(batch.readings.count)
        keep([batch])
        if pending.readings >= mergeReadings { mergeSoon() }
    }

    /// One last merge of what has come; what PostgreSQL does not take now is recovered later.
    func drain() async {
        timer?.cancel()
        // One after the other: what comes meanwhile may begin a merge of its own, and they share one connection.
        while let merging { _ = await merging.value }
        while !pending.isEmpty {
            mergeSoon()
            guard let merging, await merging.value else { return }
        }
    }

    private func mergeSoon() {
        guard merging == nil, !pending.isEmpty else { return }
        merging = IOThread.task {
            defer { self.merging = nil }
            return await self.mergePending()
        }
    }

    private func mergePending() async -> Bool {
        let batches = pending.takeAll()
        guard !batches.isEmpty else { return true }
        mergingReadings = Self.readings(in: batches)
        defer {
            mergingReadings = 0
            metrics.pendingReadings.set(pending.readings)
        }
        do {
            try await mergeDespiteConflicts(batches)
            settledReadings += mergingReadings
        } catch let error as PostgreSQLError where error.isRetriable {
            metrics.mergeFailed.emit(["error": "\(error)"])
            keep(batches)
            return false
        } catch {
            metrics.mergeFailed.emit(["error": "\(error)"])
            leaveToRecovery(batches)
        }
        return true
    }

    private func mergeDespiteConflicts(_ batches: [PendingBatch]) async throws {
        for attempt in 1... {
            do {
                return try await merge(batches)
            } catch let error as PostgreSQLError where error.isConflict && attempt < 10 {
                metrics.conflicts.add()
            }
        }
    }

    private func merge(_ batches: [PendingBatch]) async throws {
        let started = ContinuousClock.now
        defer { onWork?(ContinuousClock.now - started) }
        let connection = try await session.connection()
        let identified = try await sensors.identify(batches, on: connection)
        let outcome = try await RollupMerge.run(identified, on: connection)
        metrics.sent.add(outcome.mergedReadings)
        metrics.mergedRows.add(outcome.windows)
        metrics.merged(batches, after: ContinuousClock.now - started, at: .now())
    }

    private func keep(_ batches: [PendingBatch]) {
        for batch in batches where pending.add(batch) == .leftToRecovery { leaveToRecovery([batch]) }
        metrics.pendingReadings.set(pending.readings)
    }

    private func leaveToRecovery(_ batches: [PendingBatch]) {
        metrics.readingsLeftToRecovery.add(Self.readings(in: batches))
        settledReadings += Self.readings(in: batches)
    }

    private static func readings(in batches: [PendingBatch]) -> Int { batches.reduce(0) { $0 + $1.readings.count } }
}
