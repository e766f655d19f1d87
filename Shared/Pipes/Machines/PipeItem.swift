public import Model

/// What the upstream machine must know of a batch. The bytes are the transport's concern.
public protocol PipeItem {
    var identity: BatchIdentity { get }
    var lowWater: UInt64 { get }
    /// The partitions that have anything in it.
    var partitions: [Partition] { get }
    /// What these partitions of it cost in credit, at least 1. Cheap when it is all of them.
    func weight(of partitions: Set<Partition>) -> Int
    /// These shares of it are asked for next, one after the other.
    func prepare(_ shares: [Set<Partition>])
}

extension PipeItem {
    public func prepare(_ shares: [Set<Partition>]) {}
}

/// How a batch given to an outbound pipe ended.
public enum DeliveryOutcome: Hashable, Sendable {
    /// Every part of it has been acked downstream.
    case acknowledged
    /// A worker said that it never can: the bytes cannot be read there. All other parts are done.
    case refused(reason: String)
    /// The pipe was closed, or (any worker) its worker died. Nobody will send it again.
    case abandoned
}

/// To whom a pipe gives its batches.
public enum PipeAssignment: Hashable, Sendable {
    /// Each partition has one worker, found by rendezvous hashing; a batch is split accordingly and redelivered.
    case keyed
    /// A whole batch goes to any worker with credit, once.
    case anyWorker
}
