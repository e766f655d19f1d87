public import Model

/// What a payload may be. The same for every message of a deployment.
public struct PayloadRules: Hashable, Sendable {
    public enum BareNumbers: String, Hashable, Sendable, CaseIterable {
        /// A payload `21.4` is a dead letter (`wrong_shape`).
        case refuse
        /// A payload `21.4` is a reading with that value and nothing else.
        case accept
    }

    /// The largest payload in bytes.
    public var sizeLimit = 262_144
    /// How deep objects and arrays may be nested, the outermost counted.
    public var depthLimit = 32
    /// The first moment that a device may claim.
    public var earliest = Timestamp(seconds: 946_684_800)
    /// How far ahead of the arrival a device's clock may be.
    public var clockSkew = Duration.seconds(86_400)
    public var bareNumbers = BareNumbers.refuse

    /// The longest device id and sensor type, in bytes of UTF-8. They are keys of an index.
    public static let nameLimit = 255
    /// The longest unit and presence status, in bytes of UTF-8.
    public static let wordLimit = 64

    /// Bytes of a payload that its dead letter keeps. A batch must stay small enough to travel.
    public static let keptBytes = 8 << 20
    /// Bad readings of one message that are buried one by one; the others go together, a dead letter for each reason.
    public static let lettersPerMessage = 100

    public init() {}

    /// 256 KiB, 32 levels, from 2000-01-01 until a day after the arrival, bare numbers refused.
    public static let standard = PayloadRules()
}

/// What became of one message.
public struct DecodedMessage: Hashable, Sendable {
    public var readings = 0
    public var deadLetters = 0
    public var presence = 0
}

/// Why something cannot be stored, with a sentence for people.
struct PayloadFault: Error {
    var reason: DiscardReason
    var detail: String
}
