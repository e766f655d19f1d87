extension IsolationForestDetector {
    public struct Configuration: Hashable, Sendable {
        /// Trees, the readings that each is grown on, and the seed: the same for all series.
        public var growth = IsolationForest.Growth()
        /// Readings of a series that its forest is grown on, 2 to 65,536; none before them can be an anomaly.
        public var window = 512
        /// The part of the learnt readings that count as anomalies, 0 to 0.5. So does about the same part of those that
        /// follow, even when nothing happens: 0.1, the custom for batches, would alarm with every tenth reading of a
        /// stream. 0.01 is the least at which every spike of ten standard deviations was found, in noise and in waves,
        /// by trees of 64 samples, too.
        public var contamination = IsolationForest.Contamination.share(0.01)
        /// Learns at most one reading in so long a time, in whole minutes; zero learns each. 512 readings three minutes
        /// apart span a day, and only a window that does has time of day among its features.
        public var spacing = Duration.zero
        /// Anomalies after which the series is learnt anew: so many in a row, or so many above what may be, which is
        /// one reading in twenty or, when that is more, twice as many as were odd among those learnt.
        public var learnAfter = 30
        /// Readings of an active series after which a new window is collected, while the old forest goes on judging. 0
        /// keeps the forest for good.
        public var retrainAfter = 0
        /// Forests that are grown within one batch, some milliseconds each.
        public var growthsPerBatch = 16

        public init() {}

        func check() {
            growth.check()
            precondition((2...65_536).contains(window), "a window of \(window) readings")
            precondition(spacing >= .zero && learnAfter > 0 && retrainAfter >= 0 && growthsPerBatch > 0)
        }
    }
}
