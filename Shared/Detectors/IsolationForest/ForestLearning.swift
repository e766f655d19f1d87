/// When a forest is grown, and when it is out of date: the same for a series as for a device.
struct ForestLearning<Window: ForestWindow> {
    typealias Configuration = IsolationForestDetector.Configuration

    /// Anomalies above what may be; 0 or more.
    private(set) var excess: Double = 0
    /// Learnt since the forest's window was full.
    private(set) var sinceLearnt: UInt32 = 0
    /// What the forest is grown on; empty while warming.
    private(set) var learnt = Window()
    /// The window that is being filled.
    private(set) var collected = Window()

    // From here on, what a checkpoint leaves out.

    /// Nil also when it is yet to be grown.
    private(set) var forest: Window.Forest?
    private(set) var mustGrow = false

    init() {}

    init(excess: Double, sinceLearnt: UInt32, learnt: Window, collected: Window) {
        self.excess = excess
        self.sinceLearnt = sinceLearnt
        self.learnt = learnt
        self.collected = collected
        mustGrow = !learnt.isEmpty
    }

    mutating func grow(_ configuration: Configuration) {
        forest = Window.Forest(learning: learnt, configuration)
        mustGrow = false
    }

    /// - Parameters:
    ///   - verdict: nil when no forest judged it.
    ///   - isOutgrown: whether a new window is wanted, whatever the configuration says.
    mutating func learn(
        _ row: Window.Row, _ verdict: ForestVerdict?, _ configuration: Configuration, isOutgrown: Bool = false
    ) {
        guard !learnt.isEmpty else { return collect(row, configuration) }
        excess = excess(after: verdict)
        guard excess < Double(configuration.learnAfter) else { return startAnew() }
        if isRetraining(configuration) || isOutgrown { collect(row, configuration) }
    }

    private mutating func isRetraining(_ configuration: Configuration) -> Bool {
        guard configuration.retrainAfter > 0 else { return false }
        sinceLearnt = sinceLearnt == .max ? .max : sinceLearnt + 1
        return sinceLearnt > configuration.retrainAfter
    }

    /// An anomaly adds one; others take away so much that a series with as many anomalies as may be stays even.
    /// A run alone would not do: at a new level, too, some readings look ordinary.
    func excess(after verdict: ForestVerdict?) -> Double {
        guard let verdict, let tolerance = forest?.tolerance else { return excess }
        switch verdict {
        case .anomaly: return excess + 1
        case .ordinary: return max(0, excess - tolerance / (1 - tolerance))
        }
    }

    private mutating func startAnew() {
        self = ForestLearning()
    }

    private mutating func collect(_ row: Window.Row, _ configuration: Configuration) {
        if let last = collected.lastMinute {
            let distance = Duration.seconds(60 * abs(Int64(Window.minute(of: row)) - Int64(last)))
            guard distance >= configuration.spacing else { return }
        }
        collected.append(row)
        guard collected.count >= configuration.window else { return }
        learnt = collected
        collected = Window()
        excess = 0
        sinceLearnt = 0
        mustGrow = true
    }

    /// How many are still to come; nil when there is a forest.
    func missing(_ configuration: Configuration) -> Int? {
        guard forest == nil else { return nil }
        // Its forest is due, and others came first.
        return learnt.isEmpty ? max(0, configuration.window - collected.count) : 1
    }
}

enum ForestVerdict {
    case ordinary
    case anomaly
}

/// What a forest is grown on.
protocol ForestWindow {
    associatedtype Row
    associatedtype Forest: LearntForest where Forest.Window == Self

    init()
    var count: Int { get }
    /// Since 1970 UTC.
    var lastMinute: Int32? { get }
    mutating func append(_ row: Row)
    static func minute(of row: Row) -> Int32
}

extension ForestWindow {
    var isEmpty: Bool { count == 0 }
}

protocol LearntForest {
    associatedtype Window

    /// Grows one.
    ///
    /// - Parameter window: at least one row.
    init(learning window: Window, _ configuration: IsolationForestDetector.Configuration)
    /// Of what comes, the part that may be anomalies before the forest is out of date.
    var tolerance: Double { get }
}
