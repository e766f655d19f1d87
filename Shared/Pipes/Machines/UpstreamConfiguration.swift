public import Model

/// What an ``UpstreamMachine`` must know.
public struct UpstreamConfiguration: Sendable {
    /// The instance's name, shown to the workers.
    public var instance: String
    public var partitions: PartitionCount
    public var assignment: PipeAssignment
    public var heartbeatInterval: Duration
    /// So many silent intervals are death.
    public var missedHeartbeats: Int
    /// Weight that may wait unsent before `canAccept` turns false.
    public var queueLimit: Int

    public init(
        instance: String, partitions: PartitionCount = .standard, assignment: PipeAssignment = .keyed,
        heartbeatInterval: Duration = .seconds(1), missedHeartbeats: Int = 3, queueLimit: Int = 20_000
    ) {
        self.instance = instance
        self.partitions = partitions
        self.assignment = assignment
        self.heartbeatInterval = heartbeatInterval
        self.missedHeartbeats = missedHeartbeats
        self.queueLimit = queueLimit
    }

    public var deadAfter: Duration { heartbeatInterval * missedHeartbeats }
}
