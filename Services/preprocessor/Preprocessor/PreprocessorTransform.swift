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
    private var watch: ProcessorWatch
    private var plugins: PluginMetrics { list.metrics.plugins }
    var chain: ProcessorChain

    init(
        _ list: ProcessorList, limits: PluginQuarantine.Limits = PluginQuarantine.Limits(),
        now: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        self.list = list
        self.now = now
        watch = ProcessorWatch(limits)
        chain = list.chain(locations: [:])
        plugins.expect(chain.names)
    }

    /// Batches from now on are enriched with these.
    func use(locations: [ExactText: String]) {
        self.locations = locations
        chain = list.chain(locations: locations)
    }

    /// Batches from now on are treated by these, whatever became of those before.
    func use(rules: [RuleSettings]) {
        if rules != list.rules { watch.forget().forEach(plugins.take) }
        list.rules = rules
        chain = list.chain(locations: locations)
        plugins.expect(chain.names.filter { watch.troubles.failing[$0] == nil })
    }

    func use(limits: PluginQuarantine.Limits) { watch.use(limits) }

    func transform(_ batch: ReadingBatch, redelivered: Bool) async throws(RetryLater) -> ReadingBatch? {
        let outcome = try run(batch, at: now())
        switch outcome {
        case .processed(let result, let discarded):
            if !discarded.isEmpty { list.metrics.count(discarded) }
            return result
        case .retry(let delay, let plugin, let why):
            throw RetryLater(after: delay, reason: "\(plugin): \(why)")
        }
    }

    /// The processors that fail, batch after batch.
    var troubles: PluginTroubles { watch.troubles }

    /// What a processor fails with, batch after batch; nil when none does.
    func trouble(at now: ContinuousClock.Instant) -> PluginError? {
        // A batch that it was given back with comes again after a second.
        trouble.flatMap { now - $0.at < .seconds(5) ? $0.error : nil }
    }

    /// A processor that is broken holds its batches back, where they are seen, rather than letting them pass untreated.
    private func run(_ batch: ReadingBatch, at now: Timestamp) throws(RetryLater) -> ProcessorChain.Outcome {
        if !watch.isQuiet, let hold = watch.hold(batch.identity, at: now) {
            throw RetryLater(after: hold.duration, reason: "\(hold.plugin) is in quarantine")
        }
        do throws(PluginError) {
            let outcome = try chain.run(batch, at: now)
            if !watch.isQuiet { note(outcome, of: batch.identity, at: now) }
            return outcome
        } catch {
            return try settle(batch, after: error, at: now)
        }
    }

    private func note(_ outcome: ProcessorChain.Outcome, of batch: BatchIdentity, at now: Timestamp) {
        let events =
            switch outcome {
            case .processed: watch.passed(batch, chain.names, at: now)
            case .retry(_, let plugin, _): watch.postponed(by: chain.names.prefix { $0 != plugin })
            }
        events.forEach(plugins.take)
    }

    private func settle(
        _ batch: ReadingBatch, after error: PluginError, at now: Timestamp
    ) throws(RetryLater) -> ProcessorChain.Outcome {
        trouble = (error, .now)
        let before = chain.names.prefix { $0 != error.plugin }
        let (verdict, events) = watch.failed(batch.identity, error, before: before, at: now)
        events.forEach(plugins.take)
        switch verdict {
        case .hold(let duration): throw RetryLater(after: duration, reason: "\(error)")
        case .giveUp(let failures):
            return chain.giveUp(batch, "\(error); it failed on this batch \(failures) times, and worked on others")
        }
    }
}

extension ProcessorChain {
    var names: [String] { processors.map(\.name) }

    /// Its readings become dead letters; they can be replayed when the processor is mended.
    fileprivate func giveUp(_ original: ReadingBatch, _ detail: String) -> Outcome {
        var batch = original
        var verdicts = Verdicts()
        for row in 0..<batch.count { verdicts.dead(row: row, .pluginRejected, detail: detail) }
        let counts = batch.apply(verdicts, stage: stage)
        return .processed(batch, counts)
    }
}
