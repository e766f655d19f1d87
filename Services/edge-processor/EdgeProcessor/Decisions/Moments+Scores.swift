internal import Filters

/// The scores of the system that Sluice replaces. Both are of raw values, those that its buffer held.
extension Moments {
    /// From 0.1 (varies a lot) to 1 (constant), of the newest readings.
    ///
    /// With cv = std / max(|mean|, 0.001): max(0.1, 1 − min(cv / 2, 0.9)).
    var quality: Double {
        let variation = standardDeviation / max(abs(mean), 0.001)
        return max(0.1, 1 - min(variation / 2, 0.9))
    }

    /// From 0 to 1, of a value against those before it: min(z / 3, 1) with z = |value − mean| / max(std, floor).
    ///
    /// - Parameter floor: In the unit of the readings. After a constant stretch it alone says what is a small change:
    ///   without it the last digit of a rounded value would be an infinite one.
    func anomalyScore(of value: Double, deviationFloor floor: Double) -> Double {
        min(abs(value - mean) / max(standardDeviation, floor) / 3, 1)
    }
}
