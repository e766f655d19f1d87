import IOLoop
import Model
import Pipes

/// A batch with one reading in each of the given partitions.
func batch(_ sequence: UInt64, partitions: [UInt16], producer: String = "spool") -> ReadingBatch {
    var batch = ReadingBatch(identity: BatchIdentity(producer: producer, sequence: sequence))
    for (row, partition) in partitions.enumerated() {
        batch.series.append(
            Series(device: "device-\(partition)", sensor: "t", unit: "", partition: Partition(rawValue: partition)))
        batch.appendReading(
            seriesIndex: UInt32(row), timestamp: Int64(sequence), value: Double(partition), receivedAt: 0,
            position: UInt32(row))
    }
    return batch
}

let allPartitions: [UInt16] = Array(0..<32)

/// Waits on the I/O thread, letting it work, until the condition holds.
@IOThread
func eventually(within limit: Duration = .seconds(60), _ condition: @IOThread () -> Bool) async -> Bool {
    let deadline = ContinuousClock.now + limit
    while !condition() {
        if ContinuousClock.now > deadline { return false }
        await EventLoop.sleep(for: .milliseconds(5))
    }
    return true
}

/// A downstream that keeps what it gets and acks it at once, or when told.
@IOThread
final class RecordingWorker {
    private(set) var deliveries: [Delivery] = []
    private var pipe: InboundPipe?
    private var answers: Bool

    init(
        _ instance: String, on endpoints: [String], acks answers: Bool = true, credit: Int = 20_000,
        partitions: PartitionCount = .standard, socket: PipeSocketOptions = PipeSocketOptions()
    ) {
        self.answers = answers
        var configuration = InboundPipeConfiguration(
            stage: "worker", instance: instance, partitions: partitions, credit: credit)
        configuration.socket = socket
        let pipe = InboundPipe(configuration, from: .fixed(endpoints)) { [weak self] in self?.take($0) }
        self.pipe = pipe
        pipe.start()
    }

    var counters: InboundPipeCounters { pipe?.counters ?? InboundPipeCounters() }
    var links: [LinkStatus] { pipe?.links ?? [] }

    /// (sequence, partition) of every reading, in the order of arrival.
    var seen: [SeenReading] {
        deliveries.flatMap { delivery in
            delivery.batch.seriesIndex.map {
                SeenReading(
                    sequence: delivery.batch.identity.sequence,
                    partition: delivery.batch.series[Int($0)].partition.rawValue)
            }
        }
    }

    func ackAll() {
        answers = true
        for delivery in deliveries { delivery.ack() }
    }

    func drain() async -> Bool { await pipe?.drain(within: .seconds(60)) ?? true }

    /// As if the process were killed: the socket vanishes without a word.
    func die() {
        pipe?.close()
        pipe = nil
    }

    private func take(_ delivery: Delivery) {
        deliveries.append(delivery)
        if answers { delivery.ack() }
    }
}

struct SeenReading: Hashable {
    var sequence: UInt64
    var partition: UInt16
}

/// An upstream on a free port of this machine.
@IOThread
func openPipe(
    _ instance: String = "upstream-1", assignment: PipeAssignment = .keyed, queueLimit: Int = 20_000,
    socket: PipeSocketOptions = PipeSocketOptions()
) throws -> OutboundPipe {
    var configuration = OutboundPipeConfiguration(
        bind: "tcp://127.0.0.1:0", instance: instance, assignment: assignment, queueLimit: queueLimit)
    configuration.socket = socket
    return try OutboundPipe(configuration)
}

/// Counts how batches end.
@IOThread
final class Outcomes {
    private(set) var acknowledged: [UInt64] = []
    private(set) var refused: [String] = []
    private(set) var abandoned: [UInt64] = []

    func send(_ batch: ReadingBatch, on pipe: OutboundPipe) {
        pipe.send(OutgoingBatch(batch)) { self.record($0, batch.identity.sequence) }
    }

    func record(_ outcome: DeliveryOutcome, _ sequence: UInt64) {
        switch outcome {
        case .acknowledged: acknowledged.append(sequence)
        case .refused(let reason): refused.append(reason)
        case .abandoned: abandoned.append(sequence)
        }
    }
}
