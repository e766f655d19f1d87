internal import Model
public import Plugins

/// `isolation-forest`: an anomaly is a reading that random splits of value, change and time of day set apart sooner
/// than they do the readings that were learnt.
///
/// A series passes through these states. *Warming*: the first readings (512 unless configured) are collected and never
/// alarm. *Active*: a forest of the series' own, grown on them, judges each reading; they may hold anomalies, that is
/// what contamination is for. When anomalies become many (30 in a row, unless configured) the forest is out of date and
/// the series is warming again, so that a step change alarms a bounded number of times. With a model from a file there
/// is no warming and nothing is learnt; it alarms for as long as readings are odd to it.
///
/// What it cannot see well: all that lies beyond the readings learnt is as odd as the outermost of them; so a jump is
/// found, but at the new level, where changes are as ever, only some readings are. And a series that never moved while
/// it was learnt has nothing to split: no reading of it is ever an anomaly. Put a z-score beside it.
///
/// 1 to 6 µs a reading, by how many forests share the processor's cache; 135 kB a series, of which a checkpoint keeps
/// 6. Growing takes 3 ms, so a batch grows few forests; the other series wait for the next batches, unjudged. After a restart
/// the host grows more of them between batches (``catchUp()``).
public final class IsolationForestDetector: SlotDetector {
    public let name: String
    private let configuration: Configuration
    /// When all series are judged by one from a file.
    private let model: SeriesForest?
    public var states: [ForestSeriesState] = []
    private var batchNumber: UInt64 = 0
    private var due = DueForests()

    /// Learns a forest for each series.
    ///
    /// - Precondition: what ``Configuration`` says of its figures.
    public init(name: String = "isolation-forest", _ configuration: Configuration = Configuration()) {
        configuration.check()
        self.name = name
        self.configuration = configuration
        model = nil
    }

    /// Judges all series by one model.
    ///
    /// - Parameter model: its features are some of `value`, `change`, `time_of_day_sin` and `time_of_day_cos`.
    /// - Throws: ``PluginError`` when it wants another feature.
    public init(name: String = "isolation-forest", model: IsolationForest) throws(PluginError) {
        self.name = name
        configuration = Configuration()
        do {
            self.model = try SeriesForest(model: model)
        } catch {
            throw PluginError(plugin: name, what: error.what, isRetriable: false)
        }
    }

    public func detect(_ input: DetectorInput, into findings: inout DetectorFindings) {
        batchNumber &+= 1
        var growths = configuration.growthsPerBatch
        withUnsafeTemporaryAllocation(of: Float.self, capacity: ForestReading.featureNames.count) { features in
            features.initialize(repeating: 0)
            for row in input.batch.value.indices where input.learning(atRow: row) != .ignore {
                let slot = input.slot(ofRow: row)
                grow(slot, &growths)
                judge(row, input, &states[slot], features, &findings)
                // At once, so that the next reading is judged even when others have grown by then.
                grow(slot, &growths)
            }
        }
    }

    private func grow(_ slot: Int, _ growths: inout Int) {
        guard states[slot].learning.mustGrow, growths > 0 else { return }
        states[slot].learning.grow(configuration)
        growths -= 1
    }

    private func judge(
        _ row: Int, _ input: DetectorInput, _ state: inout ForestSeriesState,
        _ features: UnsafeMutableBufferPointer<Float>, _ findings: inout DetectorFindings
    ) {
        let value = input.batch.value[row]
        // Only a plugin can make such a value; it would be in every checkpoint from now on.
        guard value.isFinite else { return }
        let learns = input.learning(atRow: row) == .learn
        let change = state.change(to: value, repeatedIn: learns ? nil : batchNumber)
        let reading = ForestReading(
            value: value, change: change, time: Timestamp(microseconds: input.batch.timestamp[row]))
        var verdict: ForestVerdict?
        if let forest = model ?? state.learning.forest {
            reading.write(to: features)
            let score = forest.forest.score(UnsafeBufferPointer(features))
            findings.raise(row: row, to: forest.forest.share(of: score))
            verdict = score < forest.offset ? .anomaly : .ordinary
            if verdict == .anomaly {
                let endsForest = learns && endsForest(of: state)
                let finding = ForestFinding(
                    value: value, change: change, clock: reading.clock, score: score, endsForest: endsForest)
                findings.anomalies.append(finding.anomaly(row: row, detector: name, forest))
            }
        }
        guard learns else { return }
        guard model == nil else { return state.follow(value) }
        state.learn(reading, value, verdict, configuration)
    }

    /// Whether one more anomaly is the last of the series' own forest.
    private func endsForest(of state: ForestSeriesState) -> Bool {
        model == nil && state.learning.excess(after: .anomaly) >= Double(configuration.learnAfter)
    }

    public func importState(_ state: [UInt8], slot: Int) throws {
        try takeBack(state, slot: slot)
        if states[slot].learning.mustGrow { due.add(slot) }
    }

    /// Grows one of the forests of states that were taken back.
    public func catchUp() -> Bool {
        if let slot = due.next(where: { states[$0].learning.mustGrow }) { states[slot].learning.grow(configuration) }
        return !due.isEmpty
    }

    public func catchUp(slot: Int) -> Bool {
        guard due.remove(slot), states[slot].learning.mustGrow else { return false }
        states[slot].learning.grow(configuration)
        return true
    }

    public func phase(slot: Int) -> DetectorPhase {
        guard model == nil, let missing = states[slot].learning.missing(configuration) else { return .active }
        return .warming(readingsToGo: missing)
    }
}
