public import Alerting

extension Silence {
    /// A new id, short enough to be typed: 48 random bits.
    public static func makeID(using generator: inout some RandomNumberGenerator) -> String {
        let digits = String(UInt64.random(in: 0..<(1 << 48), using: &generator), radix: 16)
        return String(repeating: "0", count: 12 - digits.count) + digits
    }

    public static func makeID() -> String {
        var generator = SystemRandomNumberGenerator()
        return makeID(using: &generator)
    }
}
