internal import Model

/// A value and when it was measured.
struct Point: Equatable {
    var time: Timestamp
    var value: Double

    /// In the unit of the value per microsecond.
    ///
    /// - Precondition: `other` is earlier.
    func slope(from other: Point) -> Double {
        (value - other.value) / microseconds(since: other)
    }

    /// Exact up to 285 years.
    func microseconds(since other: Point) -> Double {
        let (span, isBeyond) = time.microseconds.subtractingReportingOverflow(other.time.microseconds)
        return isBeyond ? Double(time.microseconds) - Double(other.time.microseconds) : Double(span)
    }

    func isDue(_ heartbeat: Duration?, since other: Point) -> Bool {
        guard let heartbeat else { return false }
        return time.since(other.time) >= heartbeat
    }
}
