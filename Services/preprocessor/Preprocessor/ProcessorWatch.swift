internal import Model
internal import Plugins

/// What becomes of batches while a processor fails: nothing is lost, and nothing passes untreated.
///
/// They are held back, and while the processor is in quarantine none is even tried. A batch on which it fails though it works on
/// others becomes dead letters, so that it does not stand in the way of those for ever.
struct ProcessorWatch {
    enum Verdict: Equatable {
        case hold(Duration)
        /// It is the batch's own fault.
        case giveUp(failures: Int)
    }

    private(set) var troubles: PluginTroubles
    private var suspects = SuspectBatches()
    /// The last failure, or the end of a quarantine.
    private var stirred = Timestamp(microseconds: .min)
    /// What is held comes again so soon: a processor that is mended meanwhile is not noticed before.
    static let longestHold = Duration.seconds(5)
    private static let shortestHold = Duration.milliseconds(50)
    /// A batch that was held back and has not come again in this time went to another instance.
    private static let patience = Duration.seconds(60)

    init(_ limits: PluginQuarantine.Limits) {
        troubles = PluginTroubles(limits: limits)
    }

    mutating func use(_ limits: PluginQuarantine.Limits) { troubles.use(limits) }

    /// While this holds there is nothing to ask and nothing to tell.
    var isQuiet: Bool { troubles.isEmpty && suspects.isEmpty }

    /// How long the batch is to wait; nil when it may be worked on.
    func hold(_ batch: BatchIdentity, at now: Timestamp) -> (plugin: String, duration: Duration)? {
        for (plugin, quarantine) in troubles.failing {
            guard let term = quarantine.term else { continue }
            if let left = quarantine.remaining(at: now) {
                return (plugin, max(Self.shortestHold, min(left, Self.longestHold)))
            }
            // It is tried with a batch that it has not failed on, if there is one: all that are held come by in this time.
            if suspects.contains(batch), now.since(term.end) < Self.longestHold * 2 { return (plugin, .seconds(1)) }
        }
        return nil
    }

    mutating func passed(
        _ batch: BatchIdentity, _ processors: some Sequence<String>, at now: Timestamp
    ) -> [PluginEvent] {
        suspects.passed(batch)
        let events = processors.compactMap { troubles.worked($0) }
        if !events.isEmpty {
            stirred = now
        } else if now.since(stirred) > Self.patience {
            suspects = SuspectBatches()
        }
        return events
    }

    /// A processor asked for the batch again: those before it have worked, and of the others nothing is known.
    mutating func postponed(by before: some Sequence<String>) -> [PluginEvent] {
        before.compactMap { troubles.worked($0) }
    }

    /// - Parameter before: the processors that worked on it before one failed.
    mutating func failed(
        _ batch: BatchIdentity, _ error: PluginError, before: some Sequence<String>, at now: Timestamp
    ) -> (Verdict, [PluginEvent]) {
        var events = [PluginEvent.failed(error)] + before.compactMap { troubles.worked($0) }
        let isNews = !suspects.contains(batch) || troubles.failing[error.plugin]?.term != nil
        let failures = suspects.failed(batch)
        stirred = now
        // It has worked on others since: that is no reason to leave it alone.
        if !error.isRetriable, failures >= max(2, troubles.limits.failures) {
            suspects.forget(batch)
            return (.giveUp(failures: failures), events)
        }
        if isNews, let event = troubles.failed(error, at: now) { events.append(event) }
        return (.hold(.seconds(1)), events)
    }

    /// The processors are others from now on.
    mutating func forget() -> [PluginEvent] {
        suspects = SuspectBatches()
        return troubles.forget()
    }
}
