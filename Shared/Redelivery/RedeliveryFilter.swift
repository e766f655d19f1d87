public import MQTT
internal import Model
public import Spool

/// Recognises messages that the broker sends again though they are in the spool: it had not got our PUBACK.
///
/// Packet ids alone do not tell, since they come again after 65,535 messages; so topic and payload must be the same,
/// the broker must say that it is a redelivery, and the message must be among the last that were committed. The
/// window is smaller than 65,535 less what can be in flight, so that an id cannot stand in it for two messages.
public struct RedeliveryFilter {
    private var stored: [UInt16: UInt64] = [:]

    public init() {}

    /// - Parameter packets: what the spool remembers, and what is about to be committed.
    public mutating func resume(after packets: [UInt16: UInt64]) {
        stored = packets
    }

    /// With a new session the broker counts packet ids anew, and sends nothing again.
    public mutating func startAnew() {
        stored = [:]
    }

    public func isStored(_ message: MQTTMessage, _ packet: RecentPacket) -> Bool {
        message.duplicate && stored[packet.packetID] == packet.hash
    }
}

extension RecentPacket {
    public init(_ message: MQTTMessage) {
        // Multiplied so that exchanging topic and payload makes another message.
        let topic = StableHash.fnv1a(message.topic) &* 0x9e37_79b9_7f4a_7c15
        self.init(packetID: message.packetID, hash: topic ^ StableHash.fnv1a(message.payload))
    }
}
