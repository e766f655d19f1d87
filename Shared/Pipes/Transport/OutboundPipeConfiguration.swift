public import Model

/// How to open an ``OutboundPipe``.
public struct OutboundPipeConfiguration: Sendable {
    /// `tcp://0.0.0.0:5601`; port 0 takes a free one.
    public var bind: String
    public var machine: UpstreamConfiguration
    public var socket = PipeSocketOptions()

    public init(
        bind: String, instance: String, partitions: PartitionCount = .standard, assignment: PipeAssignment = .keyed,
        heartbeatInterval: Duration = .seconds(1), missedHeartbeats: Int = 3, queueLimit: Int = 20_000
    ) {
        self.bind = bind
        machine = UpstreamConfiguration(
            instance: instance, partitions: partitions, assignment: assignment, heartbeatInterval: heartbeatInterval,
            missedHeartbeats: missedHeartbeats, queueLimit: queueLimit)
    }
}
