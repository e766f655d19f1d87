public import Model

/// When a reading was, for an alert.
public struct AlertReading: Hashable, Sendable {
    /// By the device's clock, and never more than a minute after it arrived: one reading from the year 3000 would otherwise make all
    /// that follow look late, and hold an alert open until then.
    public let time: Timestamp
    /// The wall clock of whoever takes it.
    public let now: Timestamp

    /// - Parameter receivedAt: when mqtt-ingest had it.
    @inlinable
    public init(timestamp: Timestamp, receivedAt: Timestamp, now: Timestamp) {
        let (ahead, isBeyond) = timestamp.microseconds.subtractingReportingOverflow(receivedAt.microseconds)
        let isAhead = isBeyond ? timestamp > receivedAt : ahead > 60_000_000
        self.time = isAhead ? receivedAt : timestamp
        self.now = now
    }

    /// Of what is found by looking at the clock, and not in a reading.
    @inlinable
    public init(now: Timestamp) {
        self.time = now
        self.now = now
    }
}
