/// A key of the pipes' encryption, public or secret: 32 bytes, written as 40 characters (Z85, https://rfc.zeromq.org/spec/32/).
public struct CurveKey: Hashable, Sendable {
    /// 32 of them.
    public let bytes: [UInt8]

    private static let alphabet = Array(
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#".utf8)

    /// Nil when there are not 32.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// Nil when the text is no key.
    public init?(_ text: some StringProtocol) {
        let digits = text.utf8.compactMap { Self.alphabet.firstIndex(of: $0) }
        guard digits.count == 40, text.utf8.count == 40 else { return nil }
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: 40, by: 5) {
            let word = digits[start..<(start + 5)].reduce(0) { $0 * 85 + $1 }
            guard let word = UInt32(exactly: word) else { return nil }
            bytes += stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
        }
        self.bytes = bytes
    }

    /// 40 characters. For public keys: a secret one belongs nowhere but in its file.
    public var text: String {
        let digits = stride(from: 0, to: 32, by: 4).flatMap { start -> [UInt8] in
            var word = bytes[start..<(start + 4)].reduce(0) { $0 << 8 | Int($1) }
            var digits: [UInt8] = []
            for _ in 0..<5 {
                digits.append(Self.alphabet[word % 85])
                word /= 85
            }
            return digits.reversed()
        }
        return String(decoding: digits, as: UTF8.self)
    }
}
