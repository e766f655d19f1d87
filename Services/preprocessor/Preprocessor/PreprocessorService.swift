internal import FoundationEssentials
public import IOLoop
internal import Model
internal import Observability
internal import Pipes
internal import Plugins
internal import PostgreSQL
internal import Redis
internal import Settings
public import StageRuntime

/// mqtt-ingest ▶ rules, location, provenance ▶ anomaly-detector.
@IOThread
public final class PreprocessorService: Service {
    public nonisolated static let name = "preprocessor"
    public nonisolated static let summary =
        "Rejects or clamps values out of range, adds locations, and notes when and by which version."

    private let configuration: PreprocessorConfiguration
    private let context: ServiceContext
    private let transform: PreprocessorTransform
    private let session: PostgreSQLSession
    private let redis: RedisConnection
    private let registry: DeviceRegistry
    private let flow: FlowHealth
    private let taps: ReadingTaps
    private let security: PipeSecurity
    private let plugins: PluginCheck
    private var stage: Stage?
    private var watch: ScheduledTimer?
    private var isDraining = false

    public init(configuration: PreprocessorConfiguration, context: ServiceContext) async throws {
        self.configuration = configuration
        self.context = context
        taps = context.makeTaps()
        security = try PipeSecurity(configuration.pipes, context)
        let metrics = PreprocessorMetrics(registry: context.metrics, logger: context.logger)
        let transform = PreprocessorTransform(
            ProcessorList(
                rules: configuration.rules, pipelineVersion: configuration.pipeline.version, metrics: metrics,
                fault: PluginFault(in: ProcessInfo.processInfo.environment)),
            limits: PluginQuarantine.Limits(configuration.plugins))
        self.transform = transform
        session = PostgreSQLSession(
            PostgreSQLConfiguration(configuration.postgres, applicationName: "sluice \(context.instance)"))
        redis = RedisConnection(RedisConfiguration(configuration.redis))
        registry = DeviceRegistry(
            table: RegistryTable(session: session), cache: RegistryCache(redis: redis, instance: context.instance),
            interval: configuration.registryRefresh, metrics: metrics,
            health: context.health.check("device_registry", initially: .degraded)
        ) { transform.use(locations: $0) }
        plugins = PluginCheck(.processor, on: context.health)
        flow = FlowHealth(
            board: context.health, limits: context.healthLimits, giver: "mqtt-ingest", taker: "anomaly-detector")
        watchConnections()
    }

    private func watchConnections() {
        let (postgres, cache) = (context.metrics.connection(to: "postgresql"), context.metrics.connection(to: "redis"))
        session.onChange = { state in
            switch state {
            case .connected: postgres.set(1)
            case .failing: postgres.set(0)
            case .idle: break
            }
        }
        redis.observe { cache.set($0.isConnected ? 1 : 0) }
    }

    /// Reads the registry once before the first batch, so that a restart leaves no readings without their location.
    public func start() async throws {
        redis.start()
        await registry.run()
        // The signal may have come while the registry was being read.
        guard !isDraining else { return }
        let outbound = try OutboundPipe(
            security.outbound(
                OutboundPipeConfiguration(
                    bind: configuration.bind, instance: context.instance, partitions: partitions),
                to: "anomaly-detector"))
        let stage = Stage(
            inbound: try security.inbound(
                InboundPipeConfiguration(
                    stage: Self.name, instance: context.instance, partitions: partitions, credit: configuration.credit),
                from: "mqtt-ingest"),
            from: try upstream, outbound: outbound, transform: transform, metrics: StageMetrics(in: context.metrics),
            taps: taps)
        self.stage = stage
        context.announce(pipe: outbound.endpoint)
        stage.start()
        watch = EventLoop.schedule(every: .seconds(1)) { [weak self] in self?.look(at: stage) }
    }

    private func look(at stage: Stage) {
        stage.sampleMetrics()
        flow.look(at: stage)
        plugins.look(at: transform.troubles, recent: transform.trouble(at: .now))
    }

    public func reload(_ configuration: PreprocessorConfiguration) async throws {
        transform.use(limits: PluginQuarantine.Limits(configuration.plugins))
        transform.use(rules: configuration.rules)
    }

    public func drain() async {
        isDraining = true
        await stage?.drain()
        watch?.cancel()
        stage?.close()
        registry.close()
        session.close()
        redis.close()
    }

    private var partitions: PartitionCount {
        PartitionCount(rawValue: UInt16(configuration.pipeline.partitions))
    }

    private var upstream: UpstreamAddresses {
        get throws {
            if !configuration.upstream.isEmpty { return .fixed(configuration.upstream) }
            guard let instances = context.instances else { throw NoUpstream() }
            return .registry(directory: instances.path, service: "mqtt-ingest")
        }
    }
}

/// Nobody said where readings come from.
struct NoUpstream: Error, CustomStringConvertible {
    let isRetriable = false

    var description: String {
        "cannot find mqtt-ingest: set preprocessor.upstream to its addresses (tcp://host:port), or give --registry"
    }
}
