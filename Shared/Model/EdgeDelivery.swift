/// Which message of which gateway's spool this is. A gateway sends a message until it is confirmed, so it may come more than once.
public struct EdgeDelivery: Hashable, Sendable {
    /// The MQTT 5 user property that says so, as ``text``.
    public static let property = "sluice-edge"
    private static let prefix = "edge:"

    /// The identity of the gateway's spool; without a colon.
    public var producer: String
    /// 1, 2, 3, … in the order in which they were first sent, without a gap.
    public var sequence: Int64

    public init(producer: String, sequence: Int64) {
        self.producer = producer
        self.sequence = sequence
    }

    /// Nil for anything but `producer:sequence` with a producer of 1 to 64 bytes and a sequence above zero.
    public init?(text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...64).contains(parts[0].utf8.count), let sequence = Int64(parts[1]), sequence > 0,
            sequence < .max, !parts[0].utf8.contains(0)
        else { return nil }
        self.init(producer: String(parts[0]), sequence: sequence)
    }

    /// Nil for the id of a dead letter.
    public init?(eventID: String) {
        guard eventID.hasPrefix(Self.prefix) else { return nil }
        self.init(text: String(eventID.dropFirst(Self.prefix.count)))
    }

    public var text: String { "\(producer):\(sequence)" }

    /// As ``Replay/eventID``.
    public var eventID: String { Self.prefix + text }
}
