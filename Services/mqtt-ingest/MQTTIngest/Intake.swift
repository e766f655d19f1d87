internal import IOLoop
internal import MQTT
internal import Model
internal import Observability
internal import Payload
internal import Redelivery
internal import Spool
internal import StageRuntime
internal import Wire

/// Broker to spool: read until nothing is left, decode into a batch, commit, and only then acknowledge.
@IOThread
final class Intake {
    /// A batch is on disk.
    var onSpooled: (@IOThread (SpoolBatch, ReadingBatch?) -> Void)?
    /// A batch could not be written, or none will be taken after this one. Reading must stop.
    var onStop: (@IOThread (any Error) -> Void)?

    /// How many parts of batches are on their way downstream, when each goes to all who are there.
    var partsInFlight: (@IOThread () -> Int)?

    private let client: MQTTClient
    private let spool: Spool
    private var decoder: PayloadDecoder
    private var limits: BatchLimits
    private let metrics: MQTTIngestMetrics
    private let fault: FaultPoint?

    private var builder = BatchBuilder()
    private var packets: [RecentPacket] = []
    private var redelivery = RedeliveryFilter()
    private var linger: ScheduledTimer?
    private let contention = CPUContention()
    private var firstArrival = ContinuousClock.now
    /// Encoded, but refused by the spool; goes first when there is room. Its messages are not acknowledged.
    private var refused: (batch: SpoolBatch, packets: [RecentPacket])?

    init(
        client: MQTTClient, spool: Spool, decoder: PayloadDecoder, limits: BatchLimits, metrics: MQTTIngestMetrics,
        fault: FaultPoint?
    ) {
        self.client = client
        self.spool = spool
        self.decoder = decoder
        self.limits = limits
        self.metrics = metrics
        self.fault = fault
        client.onMessage = { [unowned self] message in receive(message) }
        client.onReadBurst = { [unowned self] in burstEnded() }
    }

    /// From the next message on; what has been read stays as it was decoded.
    func use(_ limits: BatchLimits, decoder: PayloadDecoder) {
        self.limits = limits
        self.decoder = decoder
    }

    /// Before the first message of a connection.
    func sessionBegan(resumed: Bool) throws(SpoolError) {
        guard resumed else {
            try spool.forgetPackets()
            return redelivery.startAnew()
        }
        var known = try spool.recentPackets()
        for packet in (refused?.packets ?? []) + packets { known[packet.packetID] = packet.hash }
        redelivery.resume(after: known)
    }

    private func receive(_ message: MQTTMessage) {
        metrics.messages.add(1)
        if message.qos != .atMostOnce {
            let packet = RecentPacket(message)
            guard !redelivery.isStored(message, packet) else { return metrics.duplicateMessages.add(1) }
            packets.append(packet)
        }
        if builder.isEmpty { firstArrival = .now }
        decoder.decode(
            topic: message.topic, payload: message.payload, flags: DeliveryFlags(message), receivedAt: .now(),
            replay: message.sourceEvent, into: &builder)
        if isBatchFull { client.endBurst() }
    }

    private var isBatchFull: Bool { builder.count >= limits.readings || builder.payloadBytes >= limits.bytes }

    private func burstEnded() {
        if isBatchFull || builder.isEmpty || limits.linger == .zero { return commit() }
        if linger == nil { hold() }
    }

    /// What arrives meanwhile stays in the socket and is read in one go: it would not leave any sooner, and waking up for each
    /// message is dear.
    private func hold() {
        client.holdReading()
        let rest = contention.level > 0 ? max(limits.linger, Self.longestHold) : limits.linger
        linger = EventLoop.schedule(after: rest) { [weak self] in self?.lingered() }
    }

    private func lingered() {
        let before = builder.count
        client.readOn()
        // What was read may have filled the batch, and have been committed.
        guard linger != nil else { return }
        linger = nil
        let patience = Self.patience(
            limits.linger, partsInFlight: partsInFlight?() ?? 0, contention: contention.level)
        // A broker whose window is full sends nothing before it is acknowledged what it has sent.
        let isQuiet = builder.count == before && client.heldAcknowledgements >= Self.smallestWindow
        if isQuiet || ContinuousClock.now - firstArrival >= patience { commit() } else { hold() }
    }

    /// How long a batch that is not full waits for more.
    ///
    /// Every stage has work with each part of a batch, however few readings are in it. So the wait is longer while cores are
    /// scarce, and while parts are on their way already (Nagle's rule, RFC 896).
    nonisolated static func patience(
        _ linger: Duration, partsInFlight: Int, contention: Double
    ) -> Duration {
        let longest = max(linger, longestWait)
        return partsInFlight > 3 ? longest : linger + (longest - linger) * contention
    }

    /// PINGREQ waits as long as acknowledgements do; the shortest keep-alive is 5 s.
    private nonisolated static let longestWait = Duration.milliseconds(400)
    /// Of the brokers that we know: mosquitto's default is 20, EMQX's 32.
    private nonisolated static let smallestWindow = 20
    /// Between two reads while cores are scarce.
    private nonisolated static let longestHold = Duration.milliseconds(30)

    /// Puts on disk what was read, then acknowledges it.
    func commit() {
        linger?.cancel()
        linger = nil
        client.releaseReading()
        do {
            try writeRefused()
            try write()
            client.flushAcknowledgements()
        } catch {
            onStop?(error)
            return
        }
        if let shortage = spool.shortage { onStop?(shortage) }
    }

    /// Whether nothing waits for the disk.
    var isClear: Bool { refused == nil && builder.isEmpty }

    private func writeRefused() throws {
        guard let (batch, packets) = refused else { return }
        try spool.append(batch, packets: packets)
        refused = nil
        onSpooled?(batch, nil)
    }

    private func write() throws {
        defer { packets.removeAll(keepingCapacity: true) }
        guard !builder.isEmpty else { return }
        fault.reached(.afterRead)
        let decoded = builder.finish(
            identity: BatchIdentity(producer: spool.producer, sequence: spool.nextSequence), lowWater: spool.lowWater)
        let batch = SpoolBatch(decoded, spooledAt: .now(), payload: try BatchCodec.encode(decoded))
        do {
            try metrics.utilization.waiting { () throws(SpoolError) in try spool.append(batch, packets: packets) }
        } catch {
            refused = (batch, packets)
            throw error
        }
        fault.reached(.afterCommit)
        metrics.count(decoded, bytes: batch.payload.count, latency: .now - firstArrival)
        onSpooled?(batch, decoded)
    }
}

extension MQTTMessage {
    /// What the message came from, if whoever sent it may send it again: a dead letter, or a gateway's spool.
    fileprivate var sourceEvent: String? {
        if let letter = userProperty(DeadLetter.replayProperty) { return letter }
        return userProperty(EdgeDelivery.property).flatMap(EdgeDelivery.init(text:))?.eventID
    }
}

extension DeliveryFlags {
    init(_ message: MQTTMessage) {
        self = []
        if message.retained { insert(.retained) }
        if message.duplicate { insert(.duplicate) }
    }
}
