/// What one series has taught. Of it a checkpoint keeps the readings, not the forest: growing the same one again takes
/// milliseconds, and the forest is twenty times as large.
public struct ForestSeriesState: SeriesState {
    /// The value learnt last.
    private(set) var previous: Double?
    var learning = ForestLearning<[ForestReading]>()
    /// The last value of a batch that came again, and the batch. A checkpoint leaves it out.
    private var repeated: (batch: UInt64, value: Double)?

    public init() {}

    init(previous: Double?, _ learning: ForestLearning<[ForestReading]>) {
        self.previous = previous
        self.learning = learning
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
    mutating func learn(
        _ reading: ForestReading, _ value: Double, _ verdict: ForestVerdict?,
        _ configuration: IsolationForestDetector.Configuration
    ) {
        previous = value
        learning.learn(reading, verdict, configuration)
    }
}

extension [ForestReading]: ForestWindow {
    typealias Forest = SeriesForest

    var lastMinute: Int32? { last?.minute }

    static func minute(of reading: ForestReading) -> Int32 { reading.minute }
}
