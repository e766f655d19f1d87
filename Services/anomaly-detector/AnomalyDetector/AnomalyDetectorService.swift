internal import DatabaseRoutes
internal import DetectorCatalog
internal import HTTPEndpoints
public import IOLoop
internal import Logging
internal import MQTT
internal import Model
internal import Observability
internal import Pipes
internal import Plugins
internal import PostgreSQL
internal import Redis
public import StageRuntime
internal import Webhooks

/// preprocessor ▶ state from Redis ▶ detectors ▶ alerts to MQTT ▶ storage-writer.
@IOThread
public final class AnomalyDetectorService: Service {
    public nonisolated static let name = "anomaly-detector"
    public nonisolated static let summary = "Scores each reading against what its series taught, and raises alerts."

    private let configuration: AnomalyDetectorConfiguration
    private let context: ServiceContext
    private let store: StateStore
    private let client: MQTTClient
    private let database: AlertDatabase
    private let alerts: AlertOutbox
    private let rounds: AlertRounds
    private let requests: AlertRequests
    private let adoption: PartitionAdoption
    private let webhooks: [WebhookStation]
    private let desk: DatabaseDesk
    private let memory: SeriesMemory
    private let leases: PartitionLeases
    private let step: DetectionStep
    private let checkpoints: Checkpoints
    private let metrics: AnomalyDetectorMetrics
    private let health: AnomalyDetectorHealth
    private let taps: ReadingTaps
    private let security: PipeSecurity
    private var stage: Stage?
    private var clock: ScheduledTimer?
    private var brokerAway: String?
    private var progress = (acknowledged: 0, at: ContinuousClock.now)

    public init(configuration: AnomalyDetectorConfiguration, context: ServiceContext) async throws {
        self.configuration = configuration
        self.context = context
        taps = context.makeTaps()
        security = try PipeSecurity(configuration.pipes, context)
        metrics = AnomalyDetectorMetrics(registry: context.metrics, logger: context.logger)
        health = AnomalyDetectorHealth(
            board: context.health, limits: context.healthLimits, registry: context.metrics)
        store = StateStore(configuration.stateStore)
        let client = try MQTTClient(configuration.broker(clientID: "sluice-\(context.instance)"))
        self.client = client
        let database = AlertDatabase(configuration.database(context.instance))
        self.database = database
        let memory = SeriesMemory(try configuration.makeChain(), alerts: try configuration.makeAlerts())
        self.memory = memory
        metrics.plugins.expect(memory.chain.members.map(\.detector.name))
        webhooks = configuration.webhooks.map {
            WebhookStation(
                WebhookNotifier($0, registry: context.metrics, logger: context.logger), deadLetters: database)
        }
        desk = DatabaseDesk(PostgreSQLSession(configuration.database(context.instance)))
        for route in AlertRoutes(desk).routes { context.routes.add(route) }
        alerts = AlertOutbox(
            memory: memory, record: StoredAlerts(database, store.connection),
            notifiers: [MQTTNotifier(client, metrics: metrics)] + webhooks, patience: configuration.alertPatience,
            metrics: metrics
        ) { client.state == .connected && database.isUsable }
        let journal = BatchJournal(
            JournalStore(store.connection, holder: context.instance), partitions: configuration.partitions,
            limit: configuration.journalLimit, metrics: metrics)
        let checkpoints = Checkpoints(
            memory: memory, store: store, journal: journal, metrics: metrics, idle: configuration.idleAfter)
        self.checkpoints = checkpoints
        let watch = SilenceWatch(memory, partitions: configuration.partitions)
        leases = PartitionLeases(store.connection, holder: context.instance, metrics: metrics) {
            await checkpoints.handOver($0)
        }
        step = DetectionStep(
            memory: memory, store: store, leases: leases, alerts: alerts, watch: watch, checkpoints: checkpoints,
            journal: journal, metrics: metrics)
        rounds = AlertRounds(
            memory: memory, watch: watch, leases: leases, outbox: alerts, checkpoints: checkpoints, store: store)
        requests = AlertRequests(database, memory: memory, rounds: rounds, metrics: metrics)
        adoption = PartitionAdoption(step: step, leases: leases, store: store, always: watch.partition)
        let recovery = AlertRecovery(database, memory: memory)
        step.onColdStart = { recovery.look(for: $0) }
        checkpoints.onHandOver = { [weak step] in step?.leave($0) }
        checkpoints.onAdoption = { [alerts] in alerts.resume($0) }
        journal.epoch = { [leases] in leases.epoch(of: $0) }
        observe()
    }

    private func observe() {
        store.connection.observe { [health] in health.redis($0) }
        database.session.onChange = { [health, alerts] state in
            health.postgres(state)
            if case .failing = state { alerts.releaseAll() }
        }
        client.onEvent = { [weak self, health, alerts] event in
            health.mqtt(event)
            switch event {
            case .connected: self?.brokerAway = nil
            case .disconnected(let error):
                alerts.releaseAll()
                self?.brokerAway = error.map { "\($0)" } ?? "disconnected"
            }
        }
    }

    /// Gives Redis a moment, so that a restart does not begin cold only because it was quicker.
    public func start() async throws {
        client.connect()
        store.connection.start()
        _ = await store.connection.isConnected(within: .seconds(3))
        let outbound = try OutboundPipe(
            security.outbound(
                OutboundPipeConfiguration(
                    bind: configuration.bind, instance: context.instance, partitions: configuration.partitions),
                to: "storage-writer"))
        let stage = Stage(
            inbound: try security.inbound(
                InboundPipeConfiguration(
                    stage: Self.name, instance: context.instance, partitions: configuration.partitions,
                    credit: configuration.credit),
                from: "preprocessor"),
            from: try configuration.upstreamAddresses(in: context.instances), outbound: outbound, transform: step,
            metrics: StageMetrics(in: context.metrics), taps: taps)
        self.stage = stage
        context.announce(pipe: outbound.endpoint)
        await requests.learnSilences(within: .seconds(3))
        stage.start()
        leases.start()
        checkpoints.start(every: configuration.checkpointInterval)
        adoption.start(after: .seconds(10), every: .seconds(2))
        clock = EventLoop.schedule(every: .seconds(1)) { [weak self, health, leases, memory, metrics] in
            stage.sampleMetrics()
            health.look(at: stage)
            health.look(at: leases)
            health.look(at: memory.chain.troubles)
            metrics.partitions.set(leases.count)
            self?.lookAtClock(stage)
        }
    }

    private func lookAtClock(_ stage: Stage) {
        // What is below us may take nothing any more: then nothing comes from above either, and nobody is silent for that.
        let counters = stage.outboundCounters
        let isIdle = counters.inFlightReadings + counters.queuedReadings == 0
        if isIdle || counters.acknowledgedBatches != progress.acknowledged {
            progress = (counters.acknowledgedBatches, .now)
        }
        let isListening =
            stage.links.contains { $0.state == .live } && stage.workers.contains { !$0.isDraining }
            && ContinuousClock.now - progress.at < .seconds(3)
        rounds.go(AlertRounds.Surroundings(isListening: isListening, brokerAway: brokerAway))
        requests.look()
    }

    public func reload(_ configuration: AnomalyDetectorConfiguration) async throws {
        memory.chain.use(PluginQuarantine.Limits(configuration.plugins))
        memory.use(policiesOf: configuration.detectors)
    }

    /// Saves twice: what is in flight may take longer than the limit for draining.
    public func drain() async {
        checkpoints.stop()
        await adoption.stop()
        await checkpoints.checkpoint()
        await stage?.drain()
        clock?.cancel()
        let left = await alerts.finish(within: .seconds(5))
        if left > 0 { metrics.alertsLeft.emit(count: left) }
        database.session.close()
        await alerts.close()
        for webhook in webhooks { await webhook.close() }
        await checkpoints.checkpoint()
        await leases.close()
        stage?.close()
        client.close()
        desk.close()
        store.connection.close()
    }
}

extension DetectionStep: BatchTransform {
    func transform(_ batch: ReadingBatch, redelivered: Bool) async throws(RetryLater) -> ReadingBatch? {
        await detect(in: batch)
    }
}
