public import Model

/// What an outbound pipe has done so far. Readings are weights, what batches cost in credit: dead letters and presence
/// changes count as one each, and what is large counts as several.
public struct OutboundPipeCounters: Hashable, Sendable {
    /// Parts, redelivered ones included.
    public var sentBatches = 0
    public var sentReadings = 0
    public var redeliveredBatches = 0
    public var redeliveredReadings = 0
    public var acknowledgedBatches = 0
    public var acknowledgedReadings = 0
    public var refusedBatches = 0
    /// Batches that `offer` could give to nobody.
    public var skippedBatches = 0
    /// Workers that fell silent.
    public var deaths = 0
    /// Messages that were no frames.
    public var rejectedFrames = 0

    // Levels, as of now.
    public var inFlightReadings = 0
    public var queuedReadings = 0
    /// Of all workers together.
    public var credit = 0
    public var workers = 0

    public init() {}

    mutating func sent(_ weight: Int, redelivered: Bool) {
        sentBatches += 1
        sentReadings += weight
        guard redelivered else { return }
        redeliveredBatches += 1
        redeliveredReadings += weight
    }

    mutating func settled(_ weight: Int, refused: Bool) {
        if refused {
            refusedBatches += 1
        } else {
            acknowledgedBatches += 1
            acknowledgedReadings += weight
        }
    }
}

/// What an inbound pipe has done so far, over all of its links.
public struct InboundPipeCounters: Hashable, Sendable {
    public var receivedBatches = 0
    public var receivedReadings = 0
    public var redeliveredReadings = 0
    public var acknowledgedBatches = 0
    public var acknowledgedReadings = 0
    /// Given back, to be tried again or never.
    public var refusedBatches = 0
    public var refusedReadings = 0
    /// Messages that were no frames, and payloads that were no batches.
    public var rejectedFrames = 0
    /// Links that fell silent or lost a frame.
    public var lostLinks = 0

    // Levels, as of now.
    /// Delivered, and neither acked nor given back.
    public var openReadings = 0
    /// How long the oldest of these has been here; zero without one.
    public var oldestOpen = Duration.zero
    /// What upstream may still send.
    public var credit = 0
    /// Links with a live session.
    public var links = 0

    public init() {}

    public var settledReadings: Int { acknowledgedReadings + refusedReadings }
}

/// One worker of an outbound pipe.
public struct WorkerStatus: Hashable, Sendable {
    public var instance: String
    public var stage: String
    public var isDraining: Bool
    /// Readings that it will still take.
    public var credit: Int
    public var inFlightReadings: Int
    /// Its own, or those that move to it next.
    public var partitions: [Partition]
}

extension UpstreamMachine {
    /// Counters with their levels filled in.
    public var status: OutboundPipeCounters {
        var counters = counters
        counters.inFlightReadings = inFlight.values.reduce(0) { $0 + $1.weight }
        counters.queuedReadings = queue.queued
        counters.credit = workers.values.reduce(0) { $0 + max(0, $1.credit) }
        counters.workers = workers.values.count(where: \.takesWork)
        return counters
    }

    public var workerStatus: [WorkerStatus] {
        workers.values.sorted { $0.instance < $1.instance }.map { worker in
            WorkerStatus(
                instance: worker.instance, stage: worker.stage, isDraining: !worker.takesWork, credit: worker.credit,
                inFlightReadings: worker.inFlight, partitions: table.partitions(wantedBy: worker.peer))
        }
    }
}
