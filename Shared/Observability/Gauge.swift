import Synchronization

/// A number that goes up and down. Any thread may set and read.
public final class Gauge: Sendable {
    /// The bits of a Double: `Atomic` takes no floating-point number.
    private let bits = Atomic<UInt64>(0)

    init() {}

    public func set(_ value: Double) {
        bits.store(value.bitPattern, ordering: .relaxed)
    }

    public func set(_ value: Int) {
        set(Double(value))
    }

    public func add(_ amount: Double) {
        bits.addDouble(amount)
    }

    public func add(_ amount: Int) {
        add(Double(amount))
    }

    public var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
}

extension Atomic where Value == UInt64 {
    /// Adds to a Double that is stored by its bits.
    func addDouble(_ amount: Double) {
        var old = load(ordering: .relaxed)
        while true {
            let sum = (Double(bitPattern: old) + amount).bitPattern
            let result = weakCompareExchange(expected: old, desired: sum, ordering: .relaxed)
            if result.exchanged { return }
            old = result.original
        }
    }
}
