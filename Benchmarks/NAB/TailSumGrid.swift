import Detectors
import NABScoring

/// What `nab-benchmark holdout` may choose `tailsum`'s parameters from; the defaults are among them. Written down in
/// `docs/detectors.md` before it was run: to add values after having seen results would be another way of fitting.
enum TailSumGrid {
    static var search: CoordinateSearch<TailSum.Configuration> { CoordinateSearch(axes) }

    private static var axes: [CoordinateSearch<TailSum.Configuration>.Axis] {
        [
            .init("θ", \.threshold, [1.1, 1.44, 1.8, 2.2]),
            .init("lock", \.tuning.lock, [60, 120, 180, 240, 360]),
            .init("r", \.tuning.rate, [0.002, 0.003, 0.005]),
            .init("fast", \.tuning.fastRate, [0.02, 0.03, 0.05, 0.1]),
            .init("day", \.tuning.day, [0, 0.5, 1, 1.5]),
            .init("week", \.tuning.week, [0, 0.5, 1, 1.5]),
            .init("range", \.tuning.range, [0, 3, 6, 9]),
            .init("second", \.tuning.secondStage, [0, 0.2, 0.4]),
            .init("habit", \.tuning.habitHalfLife, [1_000, 2_000, 4_000]),
            .init("budget", \.tuning.budget, [0, 0.1, 0.2, 0.4]),
            .init("escalation", \.tuning.escalation, [1.5, 2.5, 4]),
            .init("warm-up", \.warmUpReadings, [150, 300, 450]),
        ]
    }
}

extension TailSum.Configuration {
    fileprivate var warmUpReadings: Double {
        get { Double(warmUp) }
        set { warmUp = Int(newValue) }
    }
}
