import IOLoop
import Model
import Pipes

/// Stands for a preprocessor: takes everything, acknowledges it, and remembers what came.
@IOThread
final class Downstream {
    struct Row: Sendable {
        var producer: String
        var sequence: UInt64
        var position: UInt32
        var value: Double
        var flags: DeliveryFlags
    }

    private(set) var rows: [String: Row] = [:]
    private(set) var deadLetters: [DeadLetter] = []
    private(set) var presence: [PresenceChange] = []
    private let pipe: InboundPipe

    init(registry directory: String) {
        let box = Box()
        pipe = InboundPipe(
            InboundPipeConfiguration(stage: "preprocessor", instance: "test-worker"),
            from: .registry(directory: directory, service: "mqtt-ingest")
        ) { delivery in
            box.owner?.take(delivery.batch)
            delivery.ack()
        }
        box.owner = self
        pipe.start()
    }

    func close() { pipe.close() }

    /// Values in ascending order: each published number once, if nothing is lost and nothing comes twice.
    var values: [Double] { rows.values.map(\.value).sorted() }

    /// The sinks recognise a batch that comes again by its identity; so does this.
    private func take(_ batch: ReadingBatch) {
        for row in 0..<batch.count {
            let identity = batch.identity
            let flags = batch.flags.first { $0.row == row }?.flags ?? []
            rows["\(identity.producer)-\(identity.sequence)-\(batch.position[row])"] = Row(
                producer: identity.producer, sequence: identity.sequence, position: batch.position[row],
                value: batch.value[row], flags: flags)
        }
        deadLetters += batch.deadLetters
        presence += batch.presence
    }

    private final class Box {
        weak var owner: Downstream?
    }
}
