public import Model

/// One frame of a pipe: which session it belongs to, its number there, and what it says.
public struct PipeFrame: Hashable, Sendable {
    /// Chosen by the downstream with its HELLO.
    public var session: UInt64
    /// 1, 2, 3, … in each direction; 0 for HELLO, WELCOME and GOODBYE. A gap means that something was lost.
    public var number: UInt64
    public var kind: Kind

    public init(session: UInt64, number: UInt64 = 0, _ kind: Kind) {
        self.session = session
        self.number = number
        self.kind = kind
    }

    public enum Kind: Hashable, Sendable {
        case hello(Hello)
        case welcome(Welcome)
        case batch(BatchHeader)
        case ack(deliveries: [UInt64])
        case nack(deliveries: [UInt64], Refusal)
        case credit(readings: UInt64)
        case heartbeat
        case goodbye(Goodbye)
    }

    public struct Hello: Hashable, Sendable {
        public var version: WireVersion
        public var stage: String
        public var instance: String
        /// In readings.
        public var credit: UInt64

        public init(version: WireVersion = .current, stage: String, instance: String, credit: UInt64) {
            self.version = version
            self.stage = stage
            self.instance = instance
            self.credit = credit
        }
    }

    public struct Welcome: Hashable, Sendable {
        public var version: WireVersion
        /// The upstream's.
        public var instance: String
        public var partitions: UInt32
        public var heartbeatInterval: Duration

        public init(
            version: WireVersion = .current, instance: String, partitions: UInt32, heartbeatInterval: Duration
        ) {
            self.version = version
            self.instance = instance
            self.partitions = partitions
            self.heartbeatInterval = heartbeatInterval
        }
    }

    /// What stands in front of a payload.
    public struct BatchHeader: Hashable, Sendable {
        /// Unique within the upstream process.
        public var delivery: UInt64
        public var identity: BatchIdentity
        public var lowWater: UInt64
        /// Which of the spooled batch's partitions the payload covers, ascending.
        public var partitions: [Partition]
        /// Its cost in credit: the greater of its readings, dead letters and presence changes together, and its size in
        /// units of 256 bytes; at least 1.
        public var weight: UInt32
        /// It may have been delivered before.
        public var redelivered: Bool
        /// storage-writer to aggregator: the transaction that stored the readings.
        public var token: Int64?

        public init(
            delivery: UInt64, identity: BatchIdentity, lowWater: UInt64, partitions: [Partition], weight: UInt32,
            redelivered: Bool = false, token: Int64? = nil
        ) {
            self.delivery = delivery
            self.identity = identity
            self.lowWater = lowWater
            self.partitions = partitions
            self.weight = weight
            self.redelivered = redelivered
            self.token = token
        }
    }

    public struct Goodbye: Hashable, Sendable {
        public enum Reason: Int, Hashable, Sendable {
            /// A reason of a newer version; treated like ``unknownSession``.
            case unspecified = 0
            /// Nothing new, please; I finish what I have.
            case draining = 1
            /// Say HELLO, I do not know you.
            case unknownSession = 2
            /// We cannot talk with each other.
            case incompatible = 3
            /// Another connection has taken over the instance id.
            case replaced = 4
        }

        public var reason: Reason
        /// A sentence for the log of the other side.
        public var detail: String

        public init(_ reason: Reason, _ detail: String = "") {
            self.reason = reason
            self.detail = detail
        }
    }
}

/// Why a delivery is given back.
public enum Refusal: Hashable, Sendable {
    /// It may work later: a dependency is away.
    case retry(after: Duration, reason: String)
    /// It can never work: these bytes cannot be read here.
    case refused(reason: String)

    public var reason: String {
        switch self {
        case .retry(_, let reason), .refused(let reason): reason
        }
    }
}
