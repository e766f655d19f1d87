#if canImport(Glibc)
    internal import Glibc
#endif

/// A text that equals another when their UTF-8 is the same, byte for byte.
///
/// Swift's `String` compares characters: U+00E9 equals e followed by U+0301. PostgreSQL, Redis and MQTT compare bytes,
/// and to them these are the names of two devices. So whatever is kept by the name of a device, a sensor or a unit is
/// kept by this.
public struct ExactText: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    public var text: String

    public init(_ text: String) {
        self.text = text
    }

    public init(stringLiteral text: String) {
        self.text = text
    }

    public var description: String { text }

    public static func == (left: ExactText, right: ExactText) -> Bool {
        var (left, right) = (left.text, right.text)
        return left.withUTF8 { left in
            right.withUTF8 { right in
                guard left.count == right.count else { return false }
                guard let left = left.baseAddress, let base = right.baseAddress else { return true }
                return memcmp(left, base, right.count) == 0
            }
        }
    }

    public func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        // Ends it, so that two texts one after the other do not hash like two others with the same bytes.
        hasher.combine(0xff as UInt8)
    }
}
