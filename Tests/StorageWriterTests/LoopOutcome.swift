import IOLoop
import Logging
import Model
import Observability
import PostgreSQL

@testable import StorageWriter

/// What comes out of commit loops.
@IOThread
final class LoopOutcome {
    private(set) var commits: [Commit] = []
    private(set) var acknowledged: [UInt64] = []
    private(set) var failures: [PostgreSQLError] = []

    func loop(_ sink: PostgreSQLSink, limit: Int = 20_000, linger: Duration = .zero) -> CommitLoop {
        let metrics = StorageWriterMetrics(registry: MetricsRegistry(), logger: Logger(label: "tests"))
        let loop = CommitLoop(
            sink: sink, transactionReadings: limit, linger: linger, backoff: Backoff(first: .milliseconds(10)),
            metrics: metrics
        ) { self.commits.append($0) }
        loop.onOutcome = { if let error = $0 { self.failures.append(error) } }
        return loop
    }

    func send(_ batches: [ReadingBatch], to loop: CommitLoop) {
        for batch in batches {
            loop.receive(InboundBatch(batch: batch) { self.acknowledged.append(batch.identity.sequence) })
        }
    }
}
