internal import IOLoop
internal import Model
internal import Observability
internal import Pipes
internal import StageRuntime

/// Hands what a transaction stored to an aggregator, together with the transaction's token; or does not, when none has
/// room: the token in PostgreSQL sees to it that nothing is forgotten, and storing never waits for rollups.
@IOThread
final class AggregatorLink {
    let pipe: OutboundPipe
    private let instance: String
    private let partitions: PartitionCount
    private let metrics: StorageWriterMetrics

    init(
        bind: String, instance: String, partitions: PartitionCount, security: PipeSecurity,
        metrics: StorageWriterMetrics
    ) throws {
        self.instance = instance
        self.partitions = partitions
        self.metrics = metrics
        pipe = try OutboundPipe(
            security.outbound(
                OutboundPipeConfiguration(
                    bind: bind, instance: instance, partitions: partitions, assignment: .anyWorker),
                to: "aggregator"))
    }

    func offer(_ commit: Commit) {
        guard let token = commit.rollupToken else { return }
        let isTaken = !pipe.workers.isEmpty && offer(commit.fresh, token)
        (isTaken ? metrics.aggregatorOffered : metrics.aggregatorSkipped).add(commit.freshReadings)
    }

    private func offer(_ fresh: [ReadingBatch], _ token: Int64) -> Bool {
        let identity = BatchIdentity(producer: instance, sequence: UInt64(bitPattern: token))
        let batch = ReadingBatch(joining: fresh, as: identity)
        return pipe.offer(OutgoingBatch(batch, partitions: partitions), token: token) { _ in }
    }
}

extension ReadingBatch {
    /// Series, times and values of several batches as one; what rollups need, and nothing else.
    init(joining batches: [ReadingBatch], as identity: BatchIdentity) {
        self.init(identity: identity)
        var places: [Series: UInt32] = [:]
        let total = batches.reduce(0) { $0 + $1.count }
        reserveCapacity(total)
        for batch in batches {
            let indices = batch.series.map { series in
                places[series] ?? add(series, to: &places)
            }
            for row in 0..<batch.count { seriesIndex.append(indices[Int(batch.seriesIndex[row])]) }
            timestamp += batch.timestamp
            value += batch.value
            receivedAt += batch.receivedAt
        }
        position = Array(0..<UInt32(total))
    }

    private mutating func add(_ new: Series, to places: inout [Series: UInt32]) -> UInt32 {
        let place = UInt32(series.count)
        series.append(new)
        places[new] = place
        return place
    }
}
