import Synchronization

/// A number that only grows. Any thread may add and read; adding is one atomic instruction.
public final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    init() {}

    /// - Parameter amount: not negative; once a batch, not once a reading.
    public func add(_ amount: Int = 1) {
        precondition(amount >= 0, "a counter never goes back")
        count.wrappingAdd(amount, ordering: .relaxed)
    }

    public var value: Int { count.load(ordering: .relaxed) }
}
