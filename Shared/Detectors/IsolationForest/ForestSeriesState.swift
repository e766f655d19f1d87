/// What one series has taught. Of it a checkpoint keeps the readings, not the forest: growing the same one again takes
/// milliseconds, and the forest is twenty times as large.
struct ForestSeriesState {
    typealias Configuration = IsolationForestDetector.Configuration

    /// The value learnt last.
    private(set) var previous: Double?
    /// Anomalies above what may be; 0 or more.
    private(set) var excess: Double = 0
    /// Learnt since the forest's window was full.
    private(set) var sinceLearnt: UInt32 = 0
    /// What the forest is grown on; empty while warming.
    private(set) var learnt: [ForestReading] = []
    /// The window that is being filled.
    private(set) var collected: [ForestReading] = []

    // From here on, what a checkpoint leaves out.

    /// Nil also when it is yet to be grown.
    private(set) var forest: SeriesForest?
    private(set) var mustGrow = false
    /// The last value of a batch that came again, and the batch.
    private var repeated: (batch: UInt64, value: Double)?

    init() {}

    init(
        previous: Double?, excess: Double, sinceLearnt: UInt32, learnt: [ForestReading],
        collected: [ForestReading]
    ) {
        self.previous = previous
        self.excess = excess
        self.sinceLearnt = sinceLearnt
        self.learnt = learnt
        self.collected = collected
        mustGrow = !learnt.isEmpty
    }

    mutating func grow(_ configuration: Configuration) {
        forest = SeriesForest(learning: learnt, configuration)
        mustGrow = false
    }

    /// How far `value` is from the one before it; 0 when that is not known.
    ///
    /// A batch that comes again begins at some place in the past, so its first reading changes from nothing that is
    /// known.
    mutating func change(to value: Double, repeatedIn batch: UInt64?) -> Double {
        guard let batch else { return value - (previous ?? value) }
        defer { repeated = (batch, value) }
        guard let repeated, repeated.batch == batch else { return 0 }
        return value - repeated.value
    }

    /// All that a series of a model from a file learns.
    mutating func follow(_ value: Double) {
        previous = value
    }

    /// - Parameter verdict: nil when no forest judged the reading.
    mutating func learn(_ reading: ForestReading, _ value: Double, _ verdict: Verdict?, _ configuration: Configuration)
    {
        previous = value
        guard !learnt.isEmpty else { return collect(reading, configuration) }
        excess = excess(after: verdict)
        guard excess < Double(configuration.learnAfter) else { return startAnew() }
        guard configuration.retrainAfter > 0 else { return }
        sinceLearnt = sinceLearnt == .max ? .max : sinceLearnt + 1
        if sinceLearnt > configuration.retrainAfter { collect(reading, configuration) }
    }

    enum Verdict {
        case ordinary
        case anomaly
    }

    /// An anomaly adds one; other readings take away so much that a series with as many anomalies as may be stays even.
    /// A run alone would not do: at a new level, too, some readings look ordinary.
    func excess(after verdict: Verdict?) -> Double {
        guard let verdict, let tolerance = forest?.tolerance else { return excess }
        switch verdict {
        case .anomaly: return excess + 1
        case .ordinary: return max(0, excess - tolerance / (1 - tolerance))
        }
    }

    private mutating func startAnew() {
        self = ForestSeriesState(
            previous: previous, excess: 0, sinceLearnt: 0, learnt: [], collected: [])
    }

    private mutating func collect(_ reading: ForestReading, _ configuration: Configuration) {
        if let last = collected.last {
            let distance = Duration.seconds(60 * abs(Int64(reading.minute) - Int64(last.minute)))
            guard distance >= configuration.spacing else { return }
        }
        collected.append(reading)
        guard collected.count >= configuration.window else { return }
        learnt = collected
        collected = []
        excess = 0
        sinceLearnt = 0
        mustGrow = true
    }
}
