#if canImport(Glibc)
    import Glibc
#endif

/// A point in time: whole microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
public struct Timestamp: Hashable, Comparable, Sendable, Codable {
    public var microseconds: Int64

    @inlinable
    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    @inlinable
    public init(seconds: Int64) {
        self.microseconds = seconds * 1_000_000
    }

    /// The wall clock, read once.
    public static func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }

    @inlinable
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.microseconds < right.microseconds
    }

    /// As far as there are times: a peer may send the last one there is.
    @inlinable
    public func advanced(by duration: Duration) -> Timestamp {
        let (seconds, attoseconds) = duration.components
        let (sum, isBeyond) = microseconds.addingReportingOverflow(
            seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
        return Timestamp(microseconds: isBeyond ? (duration < .zero ? .min : .max) : sum)
    }

    /// The time from `earlier` to this one; negative when this one is the earlier.
    @inlinable
    public func since(_ earlier: Timestamp) -> Duration {
        .microseconds(microseconds) - .microseconds(earlier.microseconds)
    }
}
