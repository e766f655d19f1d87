public import IOLoop
internal import Logging
internal import Model
internal import Observability
internal import Pipes
internal import PostgreSQL
internal import Schema
public import StageRuntime

/// Stores readings.
///
///     anomaly-detector ══pipe══▶ commit loop ──transaction──▶ PostgreSQL
///                                     │ what was fresh ──▶ Redis
///                                     └──────────────════pipe══▶ aggregator
@IOThread
public final class StorageWriterService: Service {
    public nonisolated static let name = "storage-writer"
    public nonisolated static let summary = "Stores readings in PostgreSQL, exactly once, and the latest ones in Redis."

    private let context: ServiceContext
    private let sessions: [PostgreSQLSession]
    private let sink: PostgreSQLSink
    private let cache: RedisSink
    let aggregators: AggregatorLink
    private let loop: CommitLoop
    private let inbound: InboundPipe
    private let housekeeping: Housekeeping
    private let metrics: StorageWriterMetrics
    private let health: StorageWriterHealth
    private var watch: ScheduledTimer?
    private var connecting: Task<Void, Never>?

    public init(configuration: StorageWriterConfiguration, context: ServiceContext) async throws {
        let metrics = StorageWriterMetrics(registry: context.metrics, logger: context.logger)
        let health = StorageWriterHealth(board: context.health)
        let upstream = try configuration.upstreamAddresses(in: context.instances)
        let store = Self.session(configuration, context, metrics)
        let (keeping, refilling) = (
            Self.session(configuration, context, metrics), Self.session(configuration, context, metrics)
        )
        let sink = PostgreSQLSink(store)
        let cache = RedisSink(configuration.cache, source: PostgreSQLCacheSource(refilling))
        let aggregators = try AggregatorLink(
            bind: configuration.bind, instance: context.instance, partitions: configuration.partitions, metrics: metrics
        )
        let loop = CommitLoop(
            sink: sink, transactionReadings: configuration.transactionReadings, linger: configuration.linger,
            metrics: metrics
        ) { commit in
            cache.store(commit.fresh)
            aggregators.offer(commit)
        }
        loop.onOutcome = { health.stored(failing: $0) }
        store.onChange = { health.connection($0) }
        inbound = InboundPipe(
            InboundPipeConfiguration(
                stage: Self.name, instance: context.instance, partitions: configuration.partitions,
                credit: configuration.credit), from: upstream
        ) { delivery in
            loop.receive(InboundBatch(batch: delivery.batch, redelivered: delivery.redelivered) { delivery.ack() })
        }
        housekeeping = Housekeeping(session: keeping, sink: sink, configuration: configuration, metrics: metrics)
        sessions = [store, keeping, refilling]
        (self.context, self.metrics, self.health) = (context, metrics, health)
        (self.sink, self.cache, self.aggregators, self.loop) = (sink, cache, aggregators, loop)
    }

    public func start() async throws {
        context.announce(pipe: aggregators.pipe.endpoint)
        watch = EventLoop.schedule(every: .seconds(1)) { [weak self] in self?.look() }
        connecting = Task { await connect() }
    }

    /// Takes readings only once there is somewhere to put them: until then others may have them.
    private func connect() async {
        do {
            try await sink.session.retrying { _ in }
        } catch {
            // Cancelled: it is drained before PostgreSQL was ever there.
            if !Task.isCancelled { context.fail(error) }
            return
        }
        guard !Task.isCancelled else { return }
        housekeeping.start()
        cache.start()
        inbound.start()
    }

    public func drain() async {
        connecting?.cancel()
        await inbound.drain(within: .seconds(15))
        loop.close()
        await aggregators.pipe.drain(within: .seconds(2))
        await housekeeping.stop()
        watch?.cancel()
        inbound.close()
        aggregators.pipe.close()
        await cache.drain()
        cache.close()
        for session in sessions { session.close() }
    }

    private func look() {
        reconnectWhileIdle()
        health.look(at: inbound, cache: cache)
        metrics.cached.set(cache.counters.writtenReadings)
        metrics.cacheDropped.set(cache.counters.droppedReadings)
    }

    /// Without readings nobody would notice that PostgreSQL is back.
    private func reconnectWhileIdle() {
        guard case .failing = sink.session.state else { return }
        // What the attempt comes to is reported by the session's `onChange`.
        Task { try? await sink.session.connection() }
    }

    /// Every connection sees to the schema first: whichever of them is the first finds an empty database.
    private static func session(
        _ configuration: StorageWriterConfiguration, _ context: ServiceContext, _ metrics: StorageWriterMetrics
    ) -> PostgreSQLSession {
        PostgreSQLSession(
            configuration.database(applicationName: "sluice \(context.instance)"),
            onNotice: { metrics.notice.emit(["notice": "\($0)"]) }
        ) { connection in
            try await connection.execute("SET lock_timeout = '30s'; SET idle_in_transaction_session_timeout = '60s'")
            try await Migrations.apply(on: connection)
        }
    }
}
