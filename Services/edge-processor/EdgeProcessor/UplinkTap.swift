internal import IOLoop
internal import Model
internal import Payload
internal import StageRuntime

/// Shows what goes to the centre to whoever looks on. While nobody does, a commit costs one look at a flag.
@IOThread
final class UplinkTap {
    private let taps: ReadingTaps
    /// Reads messages as the centre will; nil while nobody looks on, since it remembers topics.
    private var decoder: PayloadDecoder?

    init(_ taps: ReadingTaps) {
        self.taps = taps
    }

    /// - Parameter messages: those that are in the spool now.
    func show(_ messages: [UplinkMessage]) {
        guard taps.areOpen else {
            decoder = nil
            return
        }
        let decoder = decoder ?? PayloadDecoder(stage: "edge-processor")
        self.decoder = decoder
        var builder = BatchBuilder()
        for message in messages where message.kind == .reading {
            Array(message.topic.utf8).withUnsafeBytes { topic in
                _ = message.payload(thinned: 0).withUnsafeBytes { payload in
                    decoder.decode(topic: topic, payload: payload, flags: [], receivedAt: .now(), into: &builder)
                }
            }
        }
        guard !builder.isEmpty else { return }
        var batch = builder.finish(identity: BatchIdentity(producer: "", sequence: 0))
        batch.anomalies = Self.anomalies(of: batch)
        taps.offer(batch)
    }

    /// What the gateway counts as such.
    private static func anomalies(of batch: ReadingBatch) -> [Anomaly] {
        batch.anomalyScore.indices.filter { batch.anomalyScore[$0] > Float(ProcessedReading.anomalyThreshold) }
            .map { row in
                Anomaly(
                    row: UInt32(row), detector: "edge", score: Double(batch.anomalyScore[row]),
                    threshold: ProcessedReading.anomalyThreshold, expectedLow: -.infinity, expectedHigh: .infinity,
                    why: "the gateway finds it odd")
            }
    }
}
