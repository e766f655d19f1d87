internal import Model
internal import Observability
internal import Plugins

/// The values that one sensor type may have, both ends included, and what becomes of the others.
struct RangeRule: Processor {
    enum Action: String, CaseIterable, Sendable {
        /// The reading becomes a dead letter (`out_of_range`).
        case reject
        /// The reading keeps the nearest value that is allowed.
        case clamp
    }

    /// As `sensor` in the configuration: the sensor type, or `*` for all of them.
    let sensor: String
    /// `-Double.infinity` and `.infinity` where the configuration sets no end.
    let range: ClosedRange<Double>
    let action: Action
    /// Readings that were changed, for a rule that clamps; those that were rejected are counted by reason.
    let clamped: Counter?

    var name: String { "\(action.rawValue) \(sensor) outside \(range.lowerBound)…\(range.upperBound)" }

    func process(_ batch: inout ReadingBatch, verdicts: inout Verdicts, at now: Timestamp) throws {
        // Names are compared once a series; most batches have no series of this type and cost nothing more.
        let applies = batch.series.map { sensor == "*" || ExactText($0.sensor) == ExactText(sensor) }
        guard applies.contains(true) else { return }
        var changed = 0
        for row in 0..<batch.count where applies[Int(batch.seriesIndex[row])] {
            let value = batch.value[row]
            if range.contains(value) { continue }
            switch action {
            case .reject:
                verdicts.dead(row: row, .outOfRange, detail: refusal(of: value, batch.series(ofRow: row)))
            case .clamp:
                batch.value[row] = min(max(value, range.lowerBound), range.upperBound)
                changed += 1
            }
        }
        if changed > 0 { clamped?.add(changed) }
    }

    private func refusal(of value: Double, _ series: Series) -> String {
        "\(series.sensor) \(value)\(series.unit.isEmpty ? "" : " \(series.unit)") is outside "
            + "\(range.lowerBound)…\(range.upperBound)"
    }
}
