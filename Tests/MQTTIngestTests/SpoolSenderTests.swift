import Foundation
import IOLoop
import Logging
import Model
import Observability
import SQLite
import Spool
import Testing

@testable import MQTTIngest

@IOThread
struct SpoolSenderTests {
    /// Refuses the first batch, and takes everything after.
    private final class RefusingOutlet: BatchOutlet {
        var canAccept = true
        var onReady: (@IOThread () -> Void)?
        private(set) var sent: [UInt64] = []

        func send(
            _ batch: SpoolBatch, decoded: ReadingBatch?, producer: String, lowWater: UInt64,
            completion: @escaping @IOThread (BatchOutcome) -> Void
        ) {
            sent.append(batch.sequence)
            completion(sent.count == 1 ? .refused(reason: "too new") : .acknowledged)
        }
    }

    @Test func `a refused batch comes again, also when the spool could not be read meanwhile`() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "sender-\(UUID().uuidString).sqlite").path
        let spool = try Spool(path: path, limitBytes: 1_000_000) { "producer" }
        let outlet = RefusingOutlet()
        var failures: [SpoolError] = []
        let sender = SpoolSender(
            spool: spool, outlet: outlet,
            metrics: MQTTIngestMetrics(in: MetricsRegistry(), logger: Logger(label: "test")),
            retryInterval: .milliseconds(20)
        ) { failures.append($0) }
        let batch = SpoolBatch(
            sequence: 1, weight: 1, partitions: [Partition(rawValue: 0)], spooledAt: .now(), payload: [1])
        try spool.append(batch)
        let other = try Database(path: path)
        sender.spooled(batch)
        try other.execute("ALTER TABLE batches RENAME TO hidden")
        // The look for more batches fails, and the refused one's next try.
        try await eventually { failures.count >= 2 }
        #expect(outlet.sent == [1])
        try other.execute("ALTER TABLE hidden RENAME TO batches")
        try await eventually { outlet.sent == [1, 1] && sender.refusal == nil }
        sender.stop()
    }
}
