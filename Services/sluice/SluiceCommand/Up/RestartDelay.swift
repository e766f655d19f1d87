/// How long to wait before a process that ended is started again.
///
/// Doubles from a tenth of a second to ten seconds; a process that lived for ten seconds starts over.
struct RestartDelay: Sendable {
    private var failures = 0

    static let longest = Duration.seconds(10)
    static let healthyLifetime = Duration.seconds(10)

    mutating func next(afterLifetime lifetime: Duration) -> Duration {
        if lifetime >= Self.healthyLifetime { failures = 0 }
        defer { failures += 1 }
        return min(.milliseconds(100) * (1 << min(failures, 10)), Self.longest)
    }
}
