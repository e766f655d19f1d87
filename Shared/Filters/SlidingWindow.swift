/// The newest values of a series, at most ``capacity`` of them. Appending takes constant time and allocates nothing.
public struct SlidingWindow: Sendable {
    public let capacity: Int
    /// All that were ever appended.
    public private(set) var appended = 0
    /// The value that the last ``append(_:)`` pushed out; nil while there is room.
    public private(set) var dropped: Double?
    /// Every value is here twice, `capacity` apart, so that the window is one piece wherever it begins.
    private var storage: [Double]
    private var next = 0

    /// - Precondition: `capacity` is at least 1.
    public init(capacity: Int) {
        precondition(capacity > 0)
        self.capacity = capacity
        storage = [Double](repeating: 0, count: 2 * capacity)
    }

    public var count: Int { min(appended, capacity) }

    public mutating func append(_ value: Double) {
        dropped = appended < capacity ? nil : storage[next]
        storage[next] = value
        storage[next + capacity] = value
        next = next + 1 == capacity ? 0 : next + 1
        appended += 1
    }

    /// `window[0]` is the oldest value, `window[count - 1]` the newest.
    public subscript(position: Int) -> Double {
        precondition(position >= 0 && position < count)
        return storage[start + position]
    }

    private var start: Int { appended < capacity ? 0 : next }

    /// Oldest first.
    func withValues<Result>(_ body: (UnsafeBufferPointer<Double>) -> Result) -> Result {
        storage.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[start..<(start + count)])) }
    }
}
