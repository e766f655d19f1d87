/// How long to wait before the next attempt: doubles from `first` to `last`, and up to half of it is taken off by
/// chance, so that a fleet does not come back all at once.
struct RedisBackoff: Sendable {
    let first: Duration
    let last: Duration
    private var current: Duration

    init(first: Duration, last: Duration) {
        self.first = first
        self.last = last
        current = first
    }

    /// - Parameter chance: from 0 to 1; passed in, so that tests know it.
    mutating func next(chance: Double) -> Duration {
        let delay = current * (1 - chance / 2)
        current = min(current * 2, last)
        return delay
    }

    mutating func reset() {
        current = first
    }
}
