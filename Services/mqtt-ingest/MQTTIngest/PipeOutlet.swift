internal import IOLoop
internal import Model
internal import Pipes
internal import Spool

/// The pipe to the preprocessors. Spooled bytes go out as they are while one worker owns all partitions in them.
@IOThread
final class PipeOutlet: BatchOutlet {
    let pipe: OutboundPipe
    private let partitions: PartitionCount

    init(_ pipe: OutboundPipe, partitions: PartitionCount) {
        self.pipe = pipe
        self.partitions = partitions
    }

    var canAccept: Bool { pipe.canAccept }

    var onReady: (@IOThread () -> Void)? {
        get { pipe.onReady }
        set { pipe.onReady = newValue }
    }

    func send(
        _ batch: SpoolBatch, decoded: ReadingBatch?, producer: String, lowWater: UInt64,
        completion: @escaping @IOThread (BatchOutcome) -> Void
    ) {
        let outgoing = OutgoingBatch(
            identity: BatchIdentity(producer: producer, sequence: batch.sequence), lowWater: lowWater,
            partitions: batch.partitions, items: batch.weight, encoded: batch.payload, decoded: decoded,
            partitionCount: partitions)
        pipe.send(outgoing) { outcome in
            switch outcome {
            case .acknowledged: completion(.acknowledged)
            case .refused(let reason): completion(.refused(reason: reason))
            case .abandoned: completion(.abandoned)
            }
        }
    }
}
