internal import IOLoop
internal import Model
internal import Plugins
internal import StageRuntime

/// The stage's work: the chain of processors over each batch.
@IOThread
final class PreprocessorTransform: BatchTransform {
    private let list: ProcessorList
    private let now: @Sendable () -> Timestamp
    private var chain: ProcessorChain

    init(_ list: ProcessorList, now: @escaping @Sendable () -> Timestamp = Timestamp.now) {
        self.list = list
        self.now = now
        chain = list.chain(locations: [:])
    }

    /// Batches from now on are enriched with these.
    func use(locations: [ExactText: String]) {
        chain = list.chain(locations: locations)
    }

    func transform(_ batch: ReadingBatch, redelivered: Bool) async throws(RetryLater) -> ReadingBatch? {
        let outcome = try run(batch)
        switch outcome {
        case .processed(let result, let discarded):
            if !discarded.isEmpty { list.metrics.count(discarded) }
            return result
        case .retry(let delay, let plugin, let why):
            throw RetryLater(after: delay, reason: "\(plugin): \(why)")
        }
    }

    /// A processor that is broken holds its batches back, where they are seen, rather than letting them pass untreated.
    private func run(_ batch: ReadingBatch) throws(RetryLater) -> ProcessorChain.Outcome {
        do throws(PluginError) {
            return try chain.run(batch, at: now())
        } catch {
            list.metrics.failed(toProcess: error)
            throw RetryLater(after: .seconds(1), reason: "\(error)")
        }
    }
}
