internal import Glibc

/// One series as ``TailSum`` sees it. The letters in comments are those of the definition in `docs/detectors.md`.
public struct TailSumState: SeriesState {
    /// n.
    var count = 0.0
    /// The first reading; bins are differences from it.
    private var origin = 0.0
    /// f, b, d, g: a fast level, a robust one, the mean size of its errors, and a slow mean.
    private var fast = 0.0
    private(set) var level = 0.0
    private(set) var deviation = 0.0
    private var slow = 0.0
    /// rd, rw.
    private var dayResidual = 0.0
    private var weekResidual = 0.0
    private var low = 0.0
    private var high = 0.0
    private var levelMeter = TailMeter()
    private var dayMeter = TailMeter()
    private var weekMeter = TailMeter()
    /// q2, e2, c2: quantile, mean excess and exceedances of the sum.
    private var sumQuantile = 0.0
    private var sumExcess = 1.0
    private var sumExceedances = 0.0
    /// M.
    private var habit = 0.0
    /// a.
    private var spent = 0.0
    private var lastStrength = 0.0
    /// Readings since the last alert.
    private var sinceAlert = 0.0
    private var hasAlerted = false
    private var day = SeasonalMean<96>()
    private var week = SeasonalMean<168>()

    public init() {}

    private static let largest = 1e37

    /// What a reading was worth. `score` is E; the parts sum to C.
    struct Verdict {
        var score = 0.0
        var isAlert = false
        var ofLevel = 0.0
        var ofDay = 0.0
        var ofWeek = 0.0
        var ofRange = 0.0
    }

    @inline(__always)
    mutating func take(_ reading: Double, second: Int64, _ configuration: TailSum.Configuration) -> Verdict {
        // No sum, bin or span of these can overflow: one infinity would blind the series for ever.
        let value = min(max(reading, -Self.largest), Self.largest)
        if count == 0 { begin(value) }
        count += 1
        let tuning = configuration.tuning
        let rate = max(tuning.rate, 1 / count)
        var verdict = Verdict()
        verdict.ofLevel = levelMeter.answer(abs(followLevel(value, rate, tuning)), count: count, rate: rate)
        followSeasons(value, second)
        verdict.ofDay = tuning.day * dayMeter.answer(abs(dayResidual), count: count, rate: rate)
        verdict.ofWeek = tuning.week * weekMeter.answer(abs(weekResidual), count: count, rate: rate)
        verdict.ofRange = tuning.range * widen(value)
        decide(&verdict, rate, configuration)
        return verdict
    }

    private mutating func begin(_ value: Double) {
        origin = value
        (fast, level, slow, low, high) = (value, value, value, value, value)
    }

    /// Steps 1 and 2; y1.
    @inline(__always)
    private mutating func followLevel(_ value: Double, _ rate: Double, _ tuning: TailSum.Tuning) -> Double {
        fast += max(tuning.fastRate, 1 / count) * (value - fast)
        let distance = fast - level
        var error = value - level
        if count > 20, deviation > 0 { error = min(max(error, -5 * deviation), 5 * deviation) }
        level += rate * error
        deviation += rate * (abs(error) - deviation)
        slow += max(0.002, 1 / count) * (value - slow)
        return distance
    }

    /// Steps 3 and 4.
    @inline(__always)
    private mutating func followSeasons(_ value: Double, _ second: Int64) {
        let offset = value - origin
        let ofDay = day.residual(of: offset, bin: SeasonalMean<96>.bin(of: second, period: 86_400), rate: 0.2)
        dayResidual += 0.05 * ((ofDay ?? value - slow) - dayResidual)
        let ofWeek = week.residual(of: offset, bin: SeasonalMean<168>.bin(of: second, period: 604_800), rate: 0.3)
        weekResidual += 0.2 * ((ofWeek ?? value - slow) - weekResidual)
    }

    /// Step 6, from 0 to 1.
    @inline(__always)
    private mutating func widen(_ value: Double) -> Double {
        let span = high - low
        let beyond = max(low - value, value - high, 0)
        low = min(low, value)
        high = max(high, value)
        return span > 0 && count > 30 ? min(beyond / span / 0.05, 1) : 0
    }

    /// Steps 7 to 11.
    @inline(__always)
    private mutating func decide(_ verdict: inout Verdict, _ rate: Double, _ configuration: TailSum.Configuration) {
        let sum = verdict.ofLevel + verdict.ofDay + verdict.ofWeek + verdict.ofRange
        let tuning = configuration.tuning
        let share = tuning.secondStage
        let evidence = count > 30 ? (1 - share) * sum + share * secondStage(sum, rate) : 0
        let strength = evidence > 0 && habit > 0 ? evidence * (evidence / habit).squareRoot() : evidence
        habit = max(evidence, habit * tuning.habitDecay, 1)
        spent *= TailSum.budgetDecay
        verdict.score = strength / (1 + tuning.budget * max(0, spent - 1))
        sinceAlert += 1
        guard verdict.score >= configuration.threshold else { return }
        guard !hasAlerted || sinceAlert >= tuning.lock || strength > tuning.escalation * lastStrength else { return }
        verdict.isAlert = true
        hasAlerted = true
        lastStrength = strength
        sinceAlert = 0
        spent += 1
    }

    /// Step 8; T.
    @inline(__always)
    private mutating func secondStage(_ sum: Double, _ rate: Double) -> Double {
        let excess = sum - sumQuantile
        let surprise = excess > 0 ? TailSum.atQuantile + TailSum.log10e * excess / max(sumExcess, 0.05) : 0
        guard count > 60 else {
            sumQuantile = max(sumQuantile, sum)
            return surprise
        }
        let step = 4 * rate * max(sumQuantile, 0.3)
        if excess > 0 {
            sumExceedances += 1
            sumExcess += (min(excess, 20) - sumExcess) / min(20 + sumExceedances, 500)
            sumQuantile += 0.995 * step
        } else {
            sumQuantile = max(0, sumQuantile - 0.005 * step)
        }
        return surprise
    }
}

// MARK: - Checkpoint

extension TailSumState {
    private static let version: UInt8 = 1

    public var encoded: [UInt8] {
        var writer = StateWriter(version: Self.version, capacity: 512)
        let plain = [
            count, origin, fast, level, deviation, slow, dayResidual, weekResidual, low, high, sumQuantile, sumExcess,
            sumExceedances, habit, spent, lastStrength, sinceAlert, hasAlerted ? 1 : 0,
        ]
        for number in plain { writer.append(number) }
        for meter in [levelMeter, dayMeter, weekMeter] { meter.encode(into: &writer) }
        day.encode(into: &writer)
        week.encode(into: &writer)
        return writer.bytes
    }

    public init?(decoding bytes: [UInt8]) {
        var reader = StateReader(bytes, version: Self.version)
        count = reader.count()
        (origin, fast, level) = (reader.double(), reader.double(), reader.double())
        deviation = reader.size()
        (slow, dayResidual, weekResidual) = (reader.double(), reader.double(), reader.double())
        (low, high) = (reader.double(), reader.double())
        (sumQuantile, sumExcess, sumExceedances) = (reader.size(), reader.size(), reader.count())
        (habit, spent, lastStrength) = (reader.size(), reader.size(), reader.size())
        sinceAlert = reader.count()
        hasAlerted = reader.count() > 0
        levelMeter = TailMeter(from: &reader)
        dayMeter = TailMeter(from: &reader)
        weekMeter = TailMeter(from: &reader)
        guard day.decode(from: &reader), week.decode(from: &reader), reader.isWhole, low <= high else { return nil }
    }
}

extension TailMeter {
    fileprivate func encode(into writer: inout StateWriter) {
        for number in [quantile, mean, tail, exceedances] { writer.append(number) }
    }

    fileprivate init(from reader: inout StateReader) {
        (quantile, mean, tail, exceedances) = (reader.size(), reader.size(), reader.size(), reader.count())
    }
}
