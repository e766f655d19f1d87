internal import IOLoop
internal import Model
internal import Plugins
internal import StageRuntime

/// The stage's work: the chain of processors over each batch.
@IOThread
final class PreprocessorTransform: BatchTransform {
    private var list: ProcessorList
    private let now: @Sendable () -> Timestamp
    private var locations: [ExactText: String] = [:]
    private var trouble: (error: PluginError, at: ContinuousClock.Instant)?
    var chain: ProcessorChain

    init(_ list: ProcessorList, now: @escaping @Sendable () -> Timestamp = Timestamp.now) {
        self.list = list
        self.now = now
        chain = list.chain(locations: [:])
    }

    /// Batches from now on are enriched with these.
    func use(locations: [ExactText: String]) {
        self.locations = locations
        chain = list.chain(locations: locations)
    }

    /// Batches from now on are treated by these.
    func use(rules: [RuleSettings]) {
        list.rules = rules
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

    /// What a processor fails with, batch after batch; nil when none does.
    func trouble(at now: ContinuousClock.Instant) -> PluginError? {
        // A batch that it was given back with comes again after a second.
        trouble.flatMap { now - $0.at < .seconds(5) ? $0.error : nil }
    }

    /// A processor that is broken holds its batches back, where they are seen, rather than letting them pass untreated.
    private func run(_ batch: ReadingBatch) throws(RetryLater) -> ProcessorChain.Outcome {
        do throws(PluginError) {
            return try chain.run(batch, at: now())
        } catch {
            list.metrics.failed(toProcess: error)
            trouble = (error, .now)
            throw RetryLater(after: .seconds(1), reason: "\(error)")
        }
    }
}
