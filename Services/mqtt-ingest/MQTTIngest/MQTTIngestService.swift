internal import FoundationEssentials
internal import HTTPEndpoints
public import IOLoop
internal import Ledger
internal import Logging
internal import MQTT
internal import Model
internal import Observability
internal import Payload
internal import Pipes
internal import Settings
internal import Spool
public import StageRuntime

/// Broker ▶ decode ▶ spool ▶ (PUBACK) and spool ▶ preprocessor.
@IOThread
public final class MQTTIngestService: Service {
    public nonisolated static let name = "mqtt-ingest"
    public nonisolated static let summary =
        "Takes readings from MQTT and acknowledges them when they are on disk."

    private let configuration: MQTTIngestConfiguration
    private let context: ServiceContext
    private let metrics: MQTTIngestMetrics
    private let health: IngestHealth
    private let spool: Spool
    private let client: MQTTClient
    private let intake: Intake
    private let subscriber: Subscriber
    private let gate: IntakeGate
    private let page: SpoolLedger
    private let taps: ReadingTaps
    private let security: PipeSecurity
    private var pipe: OutboundPipe?
    private var sender: SpoolSender?
    private var adopter: SpoolAdopter?
    private var watch: ScheduledTimer?

    public init(configuration: MQTTIngestConfiguration, context: ServiceContext) async throws {
        self.configuration = configuration
        self.context = context
        metrics = MQTTIngestMetrics(in: context.metrics, logger: context.logger)
        health = IngestHealth(context.health, limits: context.healthLimits)
        spool = try await Self.openSpool(configuration, instance: context.instance, metrics: metrics)
        client = try MQTTClient(configuration.brokerOptions(instance: context.instance))
        intake = Intake(
            client: client, spool: spool,
            decoder: Self.decoder(configuration), limits: configuration.batch, metrics: metrics,
            fault: FaultPoint.wanted(in: ProcessInfo.processInfo.environment))
        subscriber = Subscriber(
            client: client, spool: spool, wanted: configuration.brokerSubscriptions, logger: context.logger,
            failed: metrics.notSubscribed)
        gate = IntakeGate(client: client, intake: intake, spool: spool, metrics: metrics)
        gate.onDamage = { [spool] error in
            SpoolSalvage.suspect(spool.path)
            context.fail(error)
        }
        page = SpoolLedger(spool)
        taps = context.makeTaps()
        security = try PipeSecurity(configuration.pipes, context)
        context.routes.add(
            HTTPRoute("/ledger") { [metrics = context.metrics, identity = context.identity, page = Pinned(page)] _ in
                await Self.answer(page, Self.ledger(identity, metrics))
            })
    }

    public func start() async throws {
        let pipe = try OutboundPipe(
            security.outbound(
                OutboundPipeConfiguration(
                    bind: configuration.bind, instance: context.instance, partitions: Self.partitions(configuration)),
                to: "preprocessor"))
        let outlet = PipeOutlet(pipe, partitions: Self.partitions(configuration))
        let sender = SpoolSender(spool: spool, outlet: outlet, metrics: metrics) { [gate] in gate.stop($0) }
        self.pipe = pipe
        self.sender = sender
        adopter = SpoolAdopter(
            beside: spool.path, settings: configuration.spool, partitions: Self.partitions(configuration),
            outlet: outlet, metrics: metrics)
        page.adopter = adopter
        intake.onSpooled = { [taps] spooled, decoded in
            if let decoded { taps.offer(decoded) }
            sender.spooled(spooled, decoded: decoded)
        }
        intake.partsInFlight = { sender.inFlight * pipe.counters.workers }
        client.onEvent = { [unowned self] in connectionChanged($0) }
        context.announce(pipe: pipe.endpoint)
        sender.pump()
        openGate()
        watch = EventLoop.schedule(every: .milliseconds(250)) { [unowned self] in look() }
    }

    public func reload(_ configuration: MQTTIngestConfiguration) async throws {
        intake.use(configuration.batch, decoder: Self.decoder(configuration))
        spool.setLimits(
            bytes: configuration.spool.limit.bytes, minimumFreeBytes: configuration.spool.minimumFree.bytes)
    }

    /// What has been read is committed and acknowledged; what is spooled waits for the next start.
    public func drain() async {
        intake.commit()
        gate.close()
        watch?.cancel()
        sender?.stop()
        adopter?.stop()
        // Without a worker nobody will acknowledge, and the spool keeps everything.
        await pipe?.drain(within: pipe?.workers.isEmpty == false ? .seconds(10) : .zero)
        pipe?.close()
        client.close()
        removeDone()
        adopter?.close()
        spool.close()
    }

    /// The broker routes a shared subscription also to members that are away: so nothing of this one may stay there.
    public func leave() async {
        do {
            try await subscriber.leave { [intake, metrics] in
                intake.commit()
                return metrics.messages.value
            }
            await drain()
            try await client.discardSession()
        } catch {
            metrics.notLeft.emit(["error": "\(error)"])
            await drain()
        }
    }

    /// Subscriptions of a session that goes on are exchanged under MQTT 3.1.1, such as one of its own for a shared one.
    ///
    /// Both must be there for a moment, or messages find no subscription; and then the broker has two reasons to deliver
    /// one. To a client of 3.1.1 mosquitto sends it once all the same (`allow_duplicate_messages`), to one of 5 twice.
    private func openGate() {
        do {
            let plan = SubscriptionPlan(
                wanted: configuration.brokerSubscriptions, known: try spool.subscriptions(), repeats: false)
            if !plan.missing.isEmpty, !plan.superfluous.isEmpty { client.use(.v3_1_1) }
            subscriber.onReconciled = { [unowned self] in endExchange() }
            gate.open()
        } catch {
            gate.stop(error)
        }
    }

    private func endExchange() {
        guard client.version != client.options.version else { return }
        client.disconnect()
        client.use(client.options.version)
        gate.open()
    }

    private func connectionChanged(_ event: MQTTEvent) {
        switch event {
        case .connected(let resumed):
            do throws(SpoolError) {
                try intake.sessionBegan(resumed: resumed)
                subscriber.sessionBegan(resumed: resumed)
            } catch {
                gate.stop(error)
            }
        case .disconnected(let error):
            subscriber.sessionEnded()
            // PUBACKs of what was read are lost with the connection. On disk it is recognised when it comes again.
            intake.commit()
            if let error { metrics.disconnected.emit(["error": "\(error)"]) }
            gate.lastError = error?.description
        }
    }

    /// Four times a second.
    private func look() {
        removeDone()
        spool.lookAtDisk()
        gate.tryAgain()
        sender?.pump()
        adopter?.look()
        let isConnected = client.state == .connected
        metrics.sample(
            spool.status, adopted: adopter?.weight ?? 0, isConnected: isConnected,
            inFlightBatches: sender?.inFlight ?? 0, at: .now())
        metrics.sample(pipe)
        health.report(
            isConnected: isConnected, lastError: gate.lastError, subscription: subscriber.failure,
            stopReason: gate.reason)
        health.report(spool.status, stopReason: gate.reason)
        health.report(adoption: adopter?.failures ?? [:])
        let workers = pipe?.workers ?? []
        health.report(workers: workers.count, refusal: sender?.refusal)
        health.report(
            FlowSample(
                arrived: metrics.itemsTaken, done: metrics.sent.value,
                waiting: spool.status.weight + (adopter?.weight ?? 0),
                isListening: isConnected && subscriber.failure == nil), workers: workers)
    }

    private func removeDone() {
        do throws(SpoolError) {
            try spool.removeDone()
        } catch {
            gate.stop(error)
        }
    }
}

extension MQTTIngestService {
    /// A spool that another process has open is asked for: an adopter lets go of it. Should the other keep it, a
    /// predecessor that drains, this one ends with 1 and the supervisor tries again.
    private static func openSpool(
        _ configuration: MQTTIngestConfiguration, instance: String, metrics: MQTTIngestMetrics
    ) async throws -> Spool {
        let path = "\(configuration.spool.directory)/\(instance).sqlite"
        try FileManager.default.createDirectory(
            atPath: configuration.spool.directory, withIntermediateDirectories: true)
        let deadline = ContinuousClock.now + .seconds(3)
        defer { SpoolWish.withdraw(for: path) }
        while true {
            do {
                if let report = try SpoolSalvage(path: path, partitions: partitions(configuration)).mend() {
                    metrics.count(report, of: path)
                }
                return try spool(at: path, configuration)
            } catch let error as SpoolError {
                guard case .inUse = error, ContinuousClock.now < deadline else { throw error }
                SpoolWish.express(for: path)
                await EventLoop.sleep(for: .milliseconds(50))
            }
        }
    }

    /// Another number of partitions is for an operator to mend, and ends the process with 78.
    private static func spool(at path: String, _ configuration: MQTTIngestConfiguration) throws -> Spool {
        do throws(SpoolError) {
            return try Spool(
                path: path, limitBytes: configuration.spool.limit.bytes,
                minimumFreeBytes: configuration.spool.minimumFree.bytes,
                partitions: partitions(configuration), newProducer: { UUID().uuidString.lowercased() })
        } catch {
            guard case .otherPartitions(_, let found, _, _) = error else { throw error }
            throw InvalidSettings(problems: [
                SettingsProblem(
                    origin: nil, path: "pipeline.partitions", message: "\(error)",
                    suggestion: "run with \(found) until the spool is empty, then change the number")
            ])
        }
    }

    private static func decoder(_ configuration: MQTTIngestConfiguration) -> PayloadDecoder {
        PayloadDecoder(rules: configuration.payload, partitions: partitions(configuration), stage: name)
    }

    private static func partitions(_ configuration: MQTTIngestConfiguration) -> PartitionCount {
        PartitionCount(rawValue: UInt16(configuration.pipeline.partitions))
    }

    /// All that came in counts here, since all of it is handed on.
    private nonisolated static func ledger(_ identity: ServiceIdentity, _ metrics: MetricsRegistry) -> StageLedger {
        var ledger = StageLedger(identity, metrics)
        ledger.received += metrics.sum("sluice_presence_changes_total") + metrics.sum("sluice_dead_letters_total")
        return ledger
    }

    private nonisolated static func answer(_ page: Pinned<SpoolLedger>, _ stage: StageLedger) async -> HTTPAnswer {
        var stage = stage
        do {
            stage.spools = try await page.value.totals()
            return .json(stage.json)
        } catch {
            return .text("\(error)\n", status: 503)
        }
    }
}
