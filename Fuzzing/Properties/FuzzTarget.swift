/// What is fuzzed: the code that reads bytes of somebody else's.
///
/// Each target is an executable of libFuzzer's over ``check(_:)``, with a folder of inputs that bears its name. Crashes are
/// libFuzzer's to notice; the properties are what must hold of input that does not crash.
public enum FuzzTarget: String, CaseIterable, Sendable {
    /// A topic, a line feed, and a payload: ``PayloadProperties``.
    case payload
    /// A `sluice.v1.Batch`: ``BatchProperties``.
    case batch
    /// A `sluice.v1.Frame`: ``FrameProperties``.
    case frame
    /// Steps of two workers and an upstream: ``LinkProperties``.
    case link

    /// - Throws: ``BrokenProperty``.
    public func check(_ input: [UInt8]) throws(BrokenProperty) {
        switch self {
        case .payload: try PayloadProperties(input).check()
        case .batch: try BatchProperties.check(input)
        case .frame: try FrameProperties.check(input)
        case .link:
            var link = LinkProperties(input)
            try link.check()
        }
    }

    /// For libFuzzer, which counts a trap as a finding and keeps the input.
    public func trapUnlessHolds(_ bytes: UnsafePointer<UInt8>?, _ count: Int) {
        do {
            try check(Array(UnsafeBufferPointer(start: bytes, count: count)))
        } catch {
            fatalError("\(error)")
        }
    }
}
