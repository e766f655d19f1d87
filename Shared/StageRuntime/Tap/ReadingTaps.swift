public import Model
internal import Synchronization

/// Shows the readings that pass a place to whoever looks on. While nobody does, a batch costs one look at a flag; while
/// somebody does, the I/O thread copies what they asked for and never waits for them.
public final class ReadingTaps: Sendable {
    /// Each holds a little memory, and costs a little time for each batch.
    static let limit = 8

    private let isOpen = Atomic<Bool>(false)
    private let taps = Mutex<[ReadingTap]>([])

    public init() {}

    /// Whether anybody looks on: for whoever would have to make a batch first.
    public var areOpen: Bool { isOpen.load(ordering: .relaxed) }

    /// Once a batch. One that comes in the very moment in which a tap opens or closes passes by unseen, since nobody waits.
    public func offer(_ batch: ReadingBatch) {
        guard areOpen else { return }
        taps.withLockIfAvailable { taps in
            for tap in taps { tap.offer(batch) }
        }
    }

    /// Nil when as many look on as may. Whoever opens one closes it.
    func open(_ filter: TapFilter) -> ReadingTap? {
        let tap = ReadingTap(filter)
        return taps.withLock { taps in
            guard taps.count < Self.limit else { return nil }
            taps.append(tap)
            isOpen.store(true, ordering: .relaxed)
            return tap
        }
    }

    func close(_ tap: ReadingTap) {
        taps.withLock { taps in
            taps.removeAll { $0 === tap }
            isOpen.store(!taps.isEmpty, ordering: .relaxed)
        }
    }
}

/// What one onlooker asked for and has not taken yet.
final class ReadingTap: Sendable {
    /// Readings. What comes while so many wait is counted and not kept.
    static let capacity = 4_096

    private let filter: TapFilter
    private let waiting = Mutex<[TappedReading]>([])
    private let dropped = Atomic<Int>(0)

    init(_ filter: TapFilter) {
        self.filter = filter
    }

    /// On the I/O thread.
    func offer(_ batch: ReadingBatch) {
        let rows = filter.rows(of: batch)
        guard !rows.isEmpty else { return }
        let kept = waiting.withLockIfAvailable { waiting in
            let fitting = rows.prefix(Self.capacity - waiting.count)
            for row in fitting { waiting.append(TappedReading(batch, row)) }
            return fitting.count
        }
        // The onlooker takes just now: waiting for it would be to slow the flow.
        dropped.wrappingAdd(rows.count - (kept ?? 0), ordering: .relaxed)
    }

    /// What came since the last time, and how much more that was not kept.
    func take() -> (readings: [TappedReading], dropped: Int) {
        // Made before the lock is held, so that it is held for an exchange only.
        var readings: [TappedReading] = []
        readings.reserveCapacity(Self.capacity)
        waiting.withLock { swap(&$0, &readings) }
        return (readings, dropped.exchange(0, ordering: .relaxed))
    }
}
