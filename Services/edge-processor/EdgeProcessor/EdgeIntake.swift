internal import IOLoop
internal import Logging
internal import MQTT
internal import Model
internal import Observability
internal import Payload
internal import Redelivery
internal import Spool
internal import StageRuntime

/// Local messages to the spool: read, process, commit, and only then acknowledge.
///
/// While nothing can be written nothing more is read, so that what waits in memory stays below one full batch, of QoS 0 as well: the rest is the
/// local broker's to hold or to drop.
@IOThread
final class EdgeIntake {
    /// Something new is in the spool.
    var onSpooled: (@IOThread () -> Void)?
    /// Why nothing can be written now; nil while all is well. What could not be written waits and is tried again.
    private(set) var failure: SpoolError?

    private let client: MQTTClient?
    private let spool: UplinkSpool
    private let metrics: EdgeProcessorMetrics
    private let tap: UplinkTap?
    private var linger: Duration
    /// Nil where what comes can wait.
    private var spoolLimit: Int?
    private let decoder: PayloadDecoder
    private var gateway: Gateway
    private var builder = BatchBuilder()
    private var output = Gateway.Output()
    private var packets: [RecentPacket] = []
    private var redelivery = RedeliveryFilter()
    private var timer: ScheduledTimer?
    private var waitingBytes = 0
    /// Messages that wait and that nobody sends again: of QoS 0, and lines of standard input.
    private var unrepeatable = 0
    /// From here on nothing waits for others.
    static let fullBatch = 1_000
    static let fullBytes = 4 << 20

    /// - Parameter tap: shows what is in the spool to whoever looks on.
    init(
        client: MQTTClient?, spool: UplinkSpool, gateway: Gateway, linger: Duration, spoolLimit: Int?,
        metrics: EdgeProcessorMetrics, tap: UplinkTap? = nil
    ) {
        self.client = client
        self.spool = spool
        self.gateway = gateway
        self.linger = linger
        self.spoolLimit = spoolLimit
        self.metrics = metrics
        self.tap = tap
        decoder = PayloadDecoder(stage: "edge-processor")
        client?.onMessage = { [unowned self] in receive($0) }
        client?.onReadBurst = { [unowned self] in commitSoon() }
    }

    func use(linger: Duration, spoolLimit: Int?) {
        self.linger = linger
        self.spoolLimit = spoolLimit
    }

    var deviceCount: Int { gateway.deviceCount }
    var waiting: Int { builder.count + output.messages.count }
    private var isFull: Bool { waiting >= Self.fullBatch || waitingBytes >= Self.fullBytes }

    /// What the last process held of series is sent: who would decide on it has forgotten why.
    func releaseLeftovers() throws(SpoolError) {
        let held = try spool.heldReadings()
        guard !held.isEmpty else { return }
        try spool.commit(held.map(\.message), held: held.map { .release(topic: $0.message.topic) })
    }

    /// Before the first message of a connection.
    func sessionBegan(resumed: Bool) throws(SpoolError) {
        guard resumed else {
            try spool.forgetPackets()
            return redelivery.startAnew()
        }
        var known = try spool.recentPackets()
        for packet in packets { known[packet.packetID] = packet.hash }
        redelivery.resume(after: known)
    }

    private func receive(_ message: MQTTMessage) {
        metrics.messages.add(1)
        if message.qos != .atMostOnce {
            let packet = RecentPacket(message)
            guard !redelivery.isStored(message, packet) else { return metrics.duplicates.add(1) }
            packets.append(packet)
        }
        if message.qos == .atMostOnce { unrepeatable += 1 }
        take(topic: message.topic, payload: message.payload, flags: message.retained ? .retained : [])
        if isFull { client?.endBurst() }
    }

    /// A line of standard input.
    func take(line: UnsafeRawBufferPointer, topic: UnsafeRawBufferPointer) {
        unrepeatable += 1
        take(topic: topic, payload: line)
        commitSoon()
    }

    private func take(topic: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer, flags: DeliveryFlags = []) {
        waitingBytes += payload.count
        if topic.starts(with: "devices/".utf8) {
            processBatch()
            output.messages.append(UplinkMessage(verbatim: String(decoding: topic, as: UTF8.self), Array(payload)))
        } else {
            decoder.decode(topic: topic, payload: payload, flags: flags, receivedAt: .now(), into: &builder)
        }
    }

    func commitSoon() {
        if isFull || linger == .zero { return commit() }
        guard timer == nil else { return }
        timer = EventLoop.schedule(after: linger) { [weak self] in self?.commit() }
    }

    /// Readings of sensors that have fallen silent for so long are sent, should a rule hold them; without a limit all.
    func flush(silentFor limit: Duration? = nil) {
        processBatch()
        gateway.flush(silentFor: limit, into: &output)
        commit()
    }

    private func processBatch() {
        guard !builder.isEmpty else { return }
        gateway.take(builder.finish(identity: BatchIdentity(producer: "", sequence: 0)), into: &output)
    }

    /// Puts on disk what came, then acknowledges it.
    func commit() {
        timer?.cancel()
        timer = nil
        let started = ContinuousClock.now
        processBatch()
        do throws(SpoolError) {
            let hasNews = !output.messages.isEmpty || !output.held.isEmpty || !packets.isEmpty
            if hasNews { try write() }
            client?.flushAcknowledgements()
            metrics.count(output, after: .now - started)
            tap?.show(output.messages)
            output = Gateway.Output()
            packets.removeAll(keepingCapacity: true)
            (waitingBytes, unrepeatable) = (0, 0)
            if let spoolLimit, spool.waitingBytes > spoolLimit {
                metrics.count(try spool.makeRoom(limit: spoolLimit))
            }
            failure = nil
            client?.resumeReading()
            if hasNews { onSpooled?() }
        } catch {
            failure = error
            // What is not acknowledged stays with the broker.
            client?.pauseReading()
            metrics.spoolFailed.emit(["error": "\(error)"])
        }
    }

    private func write() throws(SpoolError) {
        try metrics.utilization.waiting { () throws(SpoolError) in
            try spool.commit(output.messages, packets: packets, held: output.held)
        }
    }

    /// At the end: what could not be written, and will not come again, is told of. The rest was never acknowledged.
    func abandon() {
        commit()
        guard failure != nil, unrepeatable > 0 else { return }
        metrics.unwritten.emit(["messages": "\(unrepeatable)"], count: unrepeatable)
    }
}
