public import Model
public import Wire

/// How to run an ``InboundPipe``.
public struct InboundPipeConfiguration: Sendable {
    public var machine: DownstreamConfiguration
    public var limits = WireLimits.standard
    public var socket = PipeSocketOptions()

    /// - Parameters:
    ///   - stage: the service's name.
    ///   - instance: the instance's name; partitions go by it.
    ///   - credit: readings that may be open on one link.
    public init(
        stage: String, instance: String, partitions: PartitionCount = .standard, credit: Int = 20_000,
        missedHeartbeats: Int = 3
    ) {
        machine = DownstreamConfiguration(
            stage: stage, instance: instance, partitions: partitions, credit: credit,
            missedHeartbeats: missedHeartbeats)
    }
}

/// One link of an inbound pipe.
public struct LinkStatus: Hashable, Sendable {
    public var address: String
    /// The instance that answered, once one has.
    public var upstream: String?
    public var state: LinkState
    /// Since this address is known.
    public var counters: InboundPipeCounters
}
