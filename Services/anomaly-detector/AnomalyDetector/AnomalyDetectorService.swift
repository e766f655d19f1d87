public import IOLoop
internal import MQTT
internal import Model
internal import Observability
internal import Pipes
internal import Redis
public import StageRuntime

/// preprocessor ▶ state from Redis ▶ detectors ▶ alerts to MQTT ▶ storage-writer.
@IOThread
public final class AnomalyDetectorService: Service {
    public nonisolated static let name = "anomaly-detector"
    public nonisolated static let summary = "Scores each reading against what its series taught, and raises alerts."

    private let configuration: AnomalyDetectorConfiguration
    private let context: ServiceContext
    private let store: StateStore
    private let client: MQTTClient
    private let alerts: AlertDelivery
    private let leases: PartitionLeases
    private let step: DetectionStep
    private let checkpoints: Checkpoints
    private let metrics: AnomalyDetectorMetrics
    private let health: AnomalyDetectorHealth
    private var stage: Stage?
    private var watch: ScheduledTimer?

    public init(configuration: AnomalyDetectorConfiguration, context: ServiceContext) async throws {
        self.configuration = configuration
        self.context = context
        metrics = AnomalyDetectorMetrics(registry: context.metrics, logger: context.logger)
        health = AnomalyDetectorHealth(board: context.health, registry: context.metrics)
        store = StateStore(configuration.stateStore)
        let client = try MQTTClient(configuration.broker(clientID: "sluice-\(context.instance)"))
        self.client = client
        let memory = SeriesMemory(try configuration.makeChain())
        alerts = AlertDelivery(
            [MQTTNotifier(client, metrics: metrics)], patience: configuration.alertPatience, metrics: metrics
        ) { client.state == .connected }
        let checkpoints = Checkpoints(memory: memory, store: store, metrics: metrics, idle: configuration.idleAfter)
        self.checkpoints = checkpoints
        leases = PartitionLeases(store.connection, holder: context.instance, metrics: metrics) {
            await checkpoints.handOver($0)
        }
        step = DetectionStep(
            memory: memory, store: store, leases: leases, alerts: alerts, checkpoints: checkpoints, metrics: metrics)
        store.connection.observe { [health] in health.redis($0) }
        client.onEvent = { [health, alerts] event in
            health.mqtt(event)
            if case .disconnected = event { alerts.releaseAll() }
        }
    }

    /// Gives Redis a moment, so that a restart does not begin cold only because it was quicker.
    public func start() async throws {
        client.connect()
        store.connection.start()
        _ = await store.connection.isConnected(within: .seconds(3))
        let outbound = try OutboundPipe(
            OutboundPipeConfiguration(
                bind: configuration.bind, instance: context.instance, partitions: configuration.partitions))
        let stage = Stage(
            inbound: InboundPipeConfiguration(
                stage: Self.name, instance: context.instance, partitions: configuration.partitions,
                credit: configuration.credit),
            from: try configuration.upstreamAddresses(in: context.instances), outbound: outbound, transform: step,
            metrics: StageMetrics(in: context.metrics))
        self.stage = stage
        context.announce(pipe: outbound.endpoint)
        stage.start()
        leases.start()
        checkpoints.start(every: configuration.checkpointInterval)
        watch = EventLoop.schedule(every: .seconds(1)) { [health, leases, metrics] in
            stage.sampleMetrics()
            health.look(at: stage)
            health.look(at: leases)
            metrics.partitions.set(leases.count)
        }
    }

    /// Saves twice: what is in flight may take longer than the limit for draining.
    public func drain() async {
        checkpoints.stop()
        await checkpoints.checkpoint()
        await stage?.drain()
        await checkpoints.checkpoint()
        await leases.close()
        let untold = await alerts.finish(within: .seconds(5))
        if untold > 0 { metrics.alertsDropped.emit(count: untold) }
        watch?.cancel()
        stage?.close()
        client.close()
        store.connection.close()
    }
}

extension DetectionStep: BatchTransform {
    func transform(_ batch: ReadingBatch, redelivered: Bool) async throws(RetryLater) -> ReadingBatch? {
        await detect(in: batch)
    }
}
