internal import CMosquitto
internal import Glibc

/// One message as libmosquitto hands it over. The buffers are borrowed: they are gone when the handler returns.
public struct MQTTMessage {
    /// UTF-8, never empty.
    public var topic: UnsafeRawBufferPointer
    public var payload: UnsafeRawBufferPointer
    /// The broker's number for this delivery; 0 with QoS 0. Numbers come again after at most 65,535 deliveries.
    public var packetID: UInt16
    public var qos: MQTTQoS
    /// The broker had kept it for new subscribers: it may be old.
    public var retained: Bool
    /// The broker had sent it before and got no acknowledgement.
    public var duplicate: Bool
    /// Of libmosquitto; nil for most messages, and with MQTT 3.1.1.
    var properties: OpaquePointer?

    public init(
        topic: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, packetID: UInt16, qos: MQTTQoS, retained: Bool,
        duplicate: Bool
    ) {
        self.topic = topic
        self.payload = payload
        self.packetID = packetID
        self.qos = qos
        self.retained = retained
        self.duplicate = duplicate
    }
}

extension MQTTMessage {
    /// The value of a user property (MQTT 5); the first when it is there more than once.
    public func userProperty(_ name: String) -> String? {
        guard var property = properties else { return nil }
        let identifier = Int32(MQTT_PROP_USER_PROPERTY.rawValue)
        var isFirst = true
        while true {
            var key: UnsafeMutablePointer<CChar>?
            var value: UnsafeMutablePointer<CChar>?
            defer {
                free(key)
                free(value)
            }
            guard let next = mosquitto_property_read_string_pair(property, identifier, &key, &value, !isFirst)
            else { return nil }
            if let key, let value, strcmp(key, name) == 0 { return String(validatingCString: value) }
            property = next
            isFirst = false
        }
    }
}

/// A topic filter, with a `$share/group/` prefix if wanted.
public struct MQTTSubscription: Sendable, Hashable {
    public var filter: String
    public var qos: MQTTQoS
    public var retained: MQTTRetainHandling

    public init(filter: String, qos: MQTTQoS = .atLeastOnce, retained: MQTTRetainHandling = .whenNew) {
        self.filter = filter
        self.qos = qos
        self.retained = retained
    }
}

/// Whether subscribing brings the messages that the broker retains. MQTT 3.1.1 knows `always` alone.
public enum MQTTRetainHandling: Sendable, Hashable {
    case always
    /// Only when the session did not have this subscription yet.
    case whenNew
    case never
}

/// What happened to the connection.
public enum MQTTEvent: Sendable {
    /// - Parameter sessionPresent: the broker kept the session: subscriptions stand, and what was not acknowledged
    ///   comes again.
    case connected(sessionPresent: Bool)
    /// The connection ended, or an attempt failed. Without an error: because we asked for it.
    case disconnected(MQTTError?)
}

public struct MQTTCounters: Sendable {
    public var receivedMessages: UInt64 = 0
    public var receivedBytes: UInt64 = 0
    public var publishedMessages: UInt64 = 0
    /// PUBACK or PUBCOMP arrived (QoS 0: written).
    public var confirmedMessages: UInt64 = 0
    public var connects: UInt64 = 0
    public var disconnects: UInt64 = 0

    public init() {}
}
