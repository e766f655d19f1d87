/// ``TransmissionRule/original(relativeChange:every:)`` at work on one series.
struct OriginalTransmission {
    let relativeChange: Double
    let every: Int
    private var lastSent: Double?
    private var count = 0

    init(relativeChange: Double, every: Int) {
        self.relativeChange = relativeChange
        self.every = every
    }

    mutating func take(_ candidate: TransmissionCandidate) -> TransmissionStep {
        count += 1
        guard let reason = reason(candidate) else { return TransmissionStep(decision: .withhold) }
        lastSent = candidate.point.value
        return TransmissionStep(decision: .send(reason))
    }

    private func reason(_ candidate: TransmissionCandidate) -> SendReason? {
        guard let lastSent else { return .first }
        if candidate.quality > 0.8, candidate.anomalyScore > 0.7 { return .anomalous }
        if abs(candidate.point.value - lastSent) / max(abs(lastSent), 0.001) > relativeChange { return .changed }
        return count.isMultiple(of: every) ? .everyNth : nil
    }
}
