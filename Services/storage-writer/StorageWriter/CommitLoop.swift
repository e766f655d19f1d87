internal import IOLoop
internal import Logging
internal import Model
internal import Observability
internal import PostgreSQL

/// A batch that came in, and how to say that it is stored.
struct InboundBatch {
    var batch: ReadingBatch
    var redelivered = false
    var acknowledge: @IOThread () -> Void
}

/// Groups what comes in while a transaction runs into the next one, and acknowledges after the commit.
///
/// Nothing is ever given up: while PostgreSQL is away or refuses everything, the group is tried again and again, upstream
/// gets no credit back, and so sends no more than it was granted.
@IOThread
final class CommitLoop {
    private let sink: PostgreSQLSink
    private var limit: Int
    /// Readings that one upstream may send at once.
    private let credit: Int
    private var linger: Duration
    private let backoff: Backoff
    private let metrics: StorageWriterMetrics
    /// Gets each commit before its batches are acknowledged.
    private let afterCommit: @IOThread (Commit) -> Void
    /// Whether storing works, and if not, why.
    var onOutcome: (@IOThread (PostgreSQLError?) -> Void)?
    /// How long a transaction took, whatever came of it.
    var onWork: (@IOThread (Duration) -> Void)?

    /// What is in PostgreSQL's hands, since when; nil when nothing is.
    struct Storing {
        var readings: Int
        var since: ContinuousClock.Instant
    }
    private(set) var storing: Storing?

    private var queue: [InboundBatch] = []
    private var queuedReadings = 0
    private var isWorking = false
    private var isClosed = false
    private var lastDuration = Duration.zero
    private let contention = CPUContention()

    /// How long a batch rests that PostgreSQL refuses as a whole.
    private static let timeAside = Duration.seconds(2)

    init(
        sink: PostgreSQLSink, transactionReadings: Int, credit: Int = 20_000, linger: Duration,
        backoff: Backoff = Backoff(), metrics: StorageWriterMetrics, afterCommit: @escaping @IOThread (Commit) -> Void
    ) {
        self.sink = sink
        limit = transactionReadings
        self.credit = credit
        self.linger = linger
        self.backoff = backoff
        self.metrics = metrics
        self.afterCommit = afterCommit
    }

    /// From the next transaction on.
    func use(transactionReadings: Int, linger: Duration) {
        limit = transactionReadings
        self.linger = linger
    }

    func receive(_ inbound: InboundBatch) {
        metrics.received.add(inbound.batch.count)
        if inbound.redelivered { metrics.redelivered.add(inbound.batch.count) }
        metrics.waiting.add(inbound.batch.count)
        enqueue(inbound)
    }

    private func enqueue(_ inbound: InboundBatch) {
        guard !isClosed else { return }
        queue.append(inbound)
        queuedReadings += inbound.batch.count
        guard !isWorking else { return }
        isWorking = true
        IOThread.task { await self.work() }
    }

    /// Begins nothing any more. What is not committed comes again, to somebody else.
    func close() {
        isClosed = true
        queue.removeAll()
    }

    private func work() async {
        while !queue.isEmpty, !isClosed {
            if linger > .zero, queuedReadings < limit {
                await rest()
            }
            let started = ContinuousClock.now
            await store(takeGroup())
            lastDuration = ContinuousClock.now - started
        }
        isWorking = false
    }

    /// Cut short when a whole transaction waits, when upstream may send no more before it gets credit back, or when cores become free.
    private func rest() async {
        let start = ContinuousClock.now
        let enough = min(limit, credit / 2)
        while queuedReadings < enough, !isClosed {
            let duration = Self.rest(linger, after: lastDuration, contention: contention.level)
            let left = start + duration - ContinuousClock.now
            guard left > .zero else { return }
            await EventLoop.sleep(for: min(left, .milliseconds(20)))
        }
    }

    /// A transaction costs the same for one reading as for a hundred. So a writer rests as long as its last one took, and longer
    /// while cores are scarce.
    nonisolated static func rest(
        _ linger: Duration, after transaction: Duration, contention: Double
    ) -> Duration {
        max(linger, min(transaction, .milliseconds(30)), .milliseconds(400) * contention)
    }

    /// The oldest batches, up to the limit; one that is larger goes alone.
    private func takeGroup() -> [InboundBatch] {
        var count = 0
        var readings = 0
        for inbound in queue {
            let more = inbound.batch.count
            if count > 0, readings + more > limit { break }
            count += 1
            readings += more
        }
        let group = Array(queue.prefix(count))
        queue.removeFirst(count)
        queuedReadings -= readings
        return group
    }

    private func store(_ group: [InboundBatch]) async {
        var attempt = 0
        while !isClosed {
            do {
                try await storeOnce(group)
                return
            } catch {
                report(error, batches: group.count)
                if !error.isRetriable { return await storeOneByOne(group) }
                await EventLoop.sleep(for: backoff.delay(after: attempt))
                attempt += 1
            }
        }
    }

    /// One batch that PostgreSQL will not have, for a reason that nobody foresaw, does not hold up its neighbours.
    private func storeOneByOne(_ group: [InboundBatch]) async {
        for inbound in group where !isClosed {
            do {
                try await storeOnce([inbound])
            } catch {
                report(error, batches: 1)
                setAside(inbound)
            }
        }
    }

    /// It comes again later, behind the others. Upstream still waits for its ack, and so still holds it.
    private func setAside(_ inbound: InboundBatch) {
        _ = EventLoop.schedule(after: Self.timeAside) { [weak self] in self?.enqueue(inbound) }
    }

    private func storeOnce(_ group: [InboundBatch]) async throws(PostgreSQLError) {
        let started = ContinuousClock.now
        storing = Storing(readings: group.reduce(0) { $0 + $1.batch.count }, since: started)
        defer {
            storing = nil
            onWork?(ContinuousClock.now - started)
        }
        let commit = try await commit(group.map(\.batch))
        metrics.committed(commit, after: ContinuousClock.now - started, at: .now())
        metrics.waiting.add(-group.reduce(0) { $0 + $1.batch.count })
        onOutcome?(nil)
        afterCommit(commit)
        for inbound in group { inbound.acknowledge() }
    }

    private func commit(_ batches: [ReadingBatch]) async throws(PostgreSQLError) -> Commit {
        do {
            return try await sink.store(batches)
        } catch let error as PostgreSQLError {
            throw error
        } catch {
            throw PostgreSQLError(kind: .unexpectedAnswer, operation: "store", message: "\(error)")
        }
    }

    private func report(_ error: PostgreSQLError, batches: Int) {
        metrics.storeFailed.emit(["error": "\(error)", "batches": "\(batches)"])
        onOutcome?(error)
    }
}
