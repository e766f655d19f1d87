/// What a found window, a missed window and a false alarm weigh.
///
/// Source: A. Lavin, S. Ahmad, "Evaluating Real-time Anomaly Detection Algorithms – the Numenta Anomaly Benchmark",
/// ICMLA 2015; the weights are those of NAB v1.1, `config/profiles.json`.
public struct Profile: Hashable, Sendable {
    /// As NAB spells it.
    public let name: String
    /// Earned by a window found at its first row; later rows earn less.
    let found: Double
    /// Lost by a window without an alert.
    let missed: Double
    /// Lost by an alert far from any window; soon after a window it costs less.
    let falseAlarm: Double

    public static let standard = Profile(name: "standard", found: 1, missed: 1, falseAlarm: 0.11)
    public static let rewardLowFalsePositives = Profile(
        name: "reward_low_FP_rate", found: 1, missed: 1, falseAlarm: 0.22)
    public static let rewardLowFalseNegatives = Profile(
        name: "reward_low_FN_rate", found: 1, missed: 2, falseAlarm: 0.11)

    /// In the order of NAB's score board.
    public static let all = [standard, rewardLowFalsePositives, rewardLowFalseNegatives]
}
