/// How to reach a broker and as whom.
public struct MQTTOptions: Sendable {
    public var host: String
    /// 0 means that `host` is the path of a Unix socket.
    public var port: UInt16
    /// Stable for a persistent session: the broker keeps the queue under this name.
    public var clientID: String
    public var version: MQTTVersion = .v5
    public var session: MQTTSession = .clean
    /// Whole seconds, at least five (libmosquitto's bounds); zero switches it off.
    public var keepAlive: Duration = .seconds(30)
    /// How many QoS 1 and 2 messages the broker may have unacknowledged towards us. MQTT 5 only.
    public var receiveMaximum: UInt16 = 20_000
    /// How many of our messages may be under way: unacknowledged (QoS 1 and 2) or unwritten (QoS 0).
    public var sendMaximum: UInt16 = 200
    public var credentials: MQTTCredentials?
    public var will: MQTTWill?
    public var encryption: MQTTEncryption?
    public var acknowledgement: MQTTAcknowledgement = .automatic
    public var backoff = MQTTBackoff()
    public var connectTimeout: Duration = .seconds(10)
    /// How many messages are read before other sockets of the I/O thread get their turn.
    public var burstLimit = 512

    public init(host: String, port: UInt16 = 1883, clientID: String) {
        self.host = host
        self.port = port
        self.clientID = clientID
    }

    /// For logs and errors: `mqtt://broker:1883`.
    public var address: String {
        port == 0 ? "mqtt+unix://\(host)" : "\(encryption == nil ? "mqtt" : "mqtts")://\(host):\(port)"
    }
}

public enum MQTTVersion: String, Sendable {
    case v3_1_1 = "3.1.1"
    case v5 = "5"
}

public enum MQTTSession: Sendable, Equatable {
    /// The broker forgets the client when the connection ends.
    case clean
    /// The broker goes on queueing while the client is away; MQTT 5 forgets it after `expiry`, 3.1.1 when it likes.
    case persistent(expiry: Duration)
}

/// When PUBACKs go out.
public enum MQTTAcknowledgement: Sendable {
    /// As soon as the socket takes them.
    case automatic
    /// With ``MQTTClient/flushAcknowledgements()``, after the owner has made the messages durable.
    /// Subscriptions are capped at QoS 1: libmosquitto holds QoS 2 messages in memory between PUBREC and PUBREL.
    case deferred
}

public struct MQTTCredentials: Sendable {
    public var username: String
    public var password: String?

    public init(username: String, password: String?) {
        self.username = username
        self.password = password
    }
}

/// What the broker publishes for us when we vanish without a DISCONNECT.
public struct MQTTWill: Sendable {
    public var topic: String
    public var payload: [UInt8]
    public var qos: MQTTQoS
    public var retain: Bool

    public init(topic: String, payload: [UInt8], qos: MQTTQoS, retain: Bool) {
        self.topic = topic
        self.payload = payload
        self.qos = qos
        self.retain = retain
    }
}

/// TLS. Without an authority file the system's certificates are trusted.
public struct MQTTEncryption: Sendable {
    public var authorityFile: String?
    public var certificateFile: String?
    public var keyFile: String?
    public var verification: MQTTVerification

    public init(
        authorityFile: String? = nil, certificateFile: String? = nil, keyFile: String? = nil,
        verification: MQTTVerification = .full
    ) {
        self.authorityFile = authorityFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        self.verification = verification
    }
}

public enum MQTTVerification: Sendable {
    /// The broker's certificate must be signed by a trusted authority and bear the broker's name.
    case full
    /// Any certificate will do, also a stranger's: for experiments only.
    case none
}

public enum MQTTQoS: UInt8, Sendable, Comparable {
    case atMostOnce = 0
    case atLeastOnce = 1
    case exactlyOnce = 2

    public static func < (left: MQTTQoS, right: MQTTQoS) -> Bool { left.rawValue < right.rawValue }
}

/// Waiting times between attempts to connect: doubling, up to a ceiling, spread by chance so that a fleet does not
/// come back in one instant.
public struct MQTTBackoff: Sendable {
    public var first: Duration
    public var ceiling: Duration

    public init(first: Duration = .milliseconds(100), ceiling: Duration = .seconds(10)) {
        self.first = first
        self.ceiling = ceiling
    }

    /// - Parameters:
    ///   - attempt: 0 for the first wait.
    ///   - chance: 0…1, uniform. The wait is between half of the full time and all of it.
    public func delay(attempt: Int, chance: Double) -> Duration {
        let full = min(ceiling, first * (1 << min(attempt, 20)))
        return full * (0.5 + chance / 2)
    }
}
