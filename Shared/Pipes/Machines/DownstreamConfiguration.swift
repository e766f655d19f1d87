public import Model

/// What a ``DownstreamMachine`` must know.
public struct DownstreamConfiguration: Sendable {
    /// The service: `preprocessor`.
    public var stage: String
    /// The instance: `preprocessor-1`. Partitions go by it, so it should outlive a restart.
    public var instance: String
    public var partitions: PartitionCount
    /// Readings that may be open, delivered and neither acked nor given back, on one link.
    public var credit: Int
    /// How often HELLO is said while nobody answers.
    public var helloInterval: Duration
    /// Used until WELCOME tells the upstream's.
    public var heartbeatInterval: Duration
    public var missedHeartbeats: Int
    /// How long to rest after a refusal that only an operator can mend.
    public var restAfterRefusal: Duration

    public init(
        stage: String, instance: String, partitions: PartitionCount = .standard, credit: Int = 20_000,
        helloInterval: Duration = .milliseconds(100), heartbeatInterval: Duration = .seconds(1),
        missedHeartbeats: Int = 3, restAfterRefusal: Duration = .seconds(5)
    ) {
        self.stage = stage
        self.instance = instance
        self.partitions = partitions
        self.credit = credit
        self.helloInterval = helloInterval
        self.heartbeatInterval = heartbeatInterval
        self.missedHeartbeats = missedHeartbeats
        self.restAfterRefusal = restAfterRefusal
    }
}

/// How a link to one upstream stands.
public enum LinkState: Hashable, Sendable {
    /// HELLO is said again and again; nobody has answered yet.
    case connecting
    case live
    /// GOODBYE is said; what was delivered is being finished.
    case draining
    /// Nothing is open any more and upstream knows; or upstream is gone.
    case drained
    /// The upstream and this instance cannot talk, with the reason. Tried again after a rest.
    case refused(String)
    /// Another connection of this instance to the same upstream is in use.
    case replaced
}
