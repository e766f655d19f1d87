public import ArgumentParser
internal import HTTPEndpoints
public import IOLoop
internal import Ledger
internal import Logging
internal import Model
internal import Observability
internal import Pipes
internal import Plugins
internal import PostgreSQL
internal import Schema
public import StageRuntime

/// Stores readings.
///
///     anomaly-detector ══pipe══▶ commit loop ──transaction──▶ PostgreSQL
///                                     │ what was fresh ──▶ the other sinks: Redis
///                                     └──────────────════pipe══▶ aggregator
@IOThread
public final class StorageWriterService: Service {
    public nonisolated static let name = "storage-writer"
    public nonisolated static let summary = "Stores readings in PostgreSQL, exactly once, and the latest ones in Redis."

    public nonisolated static var subcommands: [any ParsableCommand.Type] { [MigrateCommand.self] }

    private let context: ServiceContext
    private let sessions: [PostgreSQLSession]
    private let sink: PostgreSQLSink
    /// Those behind the record, in order.
    private let followers: [any Sink]
    private let reports: [SinkReport]
    let aggregators: AggregatorLink
    private let loop: CommitLoop
    private let inbound: InboundPipe
    private let housekeeping: Housekeeping
    private let links: LinkMetrics
    private let outbound: OutboundMetrics
    private let utilization: Utilization
    private let health: StorageWriterHealth
    private var watch: ScheduledTimer?
    private var connecting: Task<Void, Never>?

    public init(configuration: StorageWriterConfiguration, context: ServiceContext) async throws {
        let metrics = StorageWriterMetrics(registry: context.metrics, logger: context.logger)
        let health = StorageWriterHealth(board: context.health, limits: context.healthLimits)
        let upstream = try configuration.upstreamAddresses(in: context.instances)
        let store = Self.session(configuration, context, metrics)
        let keeping = Self.session(configuration, context, metrics)
        let sink = PostgreSQLSink(store)
        let followers = configuration.sinks.compactMap { listed in
            listed.makeSink(configuration) { Self.session(configuration, context, metrics) }
        }
        let security = try PipeSecurity(configuration.pipes, context)
        let aggregators = try AggregatorLink(
            bind: configuration.bind, instance: context.instance, partitions: configuration.partitions,
            security: security, metrics: metrics)
        let taps = context.makeTaps()
        let loop = CommitLoop(
            sink: sink, transactionReadings: configuration.transactionReadings, credit: configuration.credit,
            linger: configuration.linger,
            metrics: metrics
        ) { commit in
            for batch in commit.fresh { taps.offer(batch) }
            for follower in followers { follower.store(commit.fresh) }
            aggregators.offer(commit)
        }
        loop.onOutcome = { health.stored(failing: $0) }
        store.onChange = { state in
            metrics.connection(state)
            health.connection(state)
        }
        inbound = InboundPipe(
            try security.inbound(
                InboundPipeConfiguration(
                    stage: Self.name, instance: context.instance, partitions: configuration.partitions,
                    credit: configuration.credit), from: "anomaly-detector"), from: upstream
        ) { delivery in
            var batch = delivery.batch
            batch.route.append(context.instance)
            loop.receive(InboundBatch(batch: batch, redelivered: delivery.redelivered) { delivery.ack() })
        }
        housekeeping = Housekeeping(session: keeping, sink: sink, configuration: configuration, metrics: metrics)
        let asking = Self.session(configuration, context, metrics)
        let ledger = Pinned(LedgerPage(asking))
        context.routes.add(
            HTTPRoute("/ledger") { [metrics = context.metrics, identity = context.identity] question in
                await Self.answer(question, ledger, StageLedger(identity, metrics))
            })
        sessions = [store, keeping, asking]
        links = LinkMetrics(in: context.metrics)
        outbound = OutboundMetrics(in: context.metrics)
        let utilization = Utilization(in: context.metrics)
        loop.onWork = { utilization.worked(for: $0) }
        self.utilization = utilization
        reports = followers.map { SinkReport($0, board: context.health, registry: context.metrics) }
        (self.context, self.health) = (context, health)
        (self.sink, self.followers, self.aggregators, self.loop) = (sink, followers, aggregators, loop)
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
        for follower in followers { follower.start() }
        inbound.start()
    }

    public func reload(_ configuration: StorageWriterConfiguration) async throws {
        loop.use(transactionReadings: configuration.transactionReadings, linger: configuration.linger)
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
        for follower in followers {
            await follower.drain(within: .seconds(2))
            follower.close()
        }
        for session in sessions { session.close() }
    }

    private func look() {
        reconnectWhileIdle()
        health.look(at: inbound, storing: loop.storing)
        links.sample(inbound.links)
        for report in reports { report.look() }
        outbound.sample(aggregators.pipe.counters, workers: aggregators.pipe.workers.count)
        utilization.sample()
    }

    /// Without readings nobody would notice that PostgreSQL is back.
    private func reconnectWhileIdle() {
        guard case .failing = sink.session.state else { return }
        // What the attempt comes to is reported by the session's `onChange`.
        Task { try? await sink.session.connection() }
    }

    private nonisolated static func answer(
        _ question: HTTPQuestion, _ page: Pinned<LedgerPage>, _ stage: StageLedger
    ) async -> HTTPAnswer {
        var stage = stage
        do {
            stage.stored = try await page.value.totals(question.query["at"])
            return .json(stage.json)
        } catch let error as LedgerQuestion.Malformed {
            return .text("\(error)\n", status: 400)
        } catch {
            return .text("\(error)\n", status: 503)
        }
    }

    /// Every connection sees to the schema first: whichever of them is the first finds an empty database.
    private static func session(
        _ configuration: StorageWriterConfiguration, _ context: ServiceContext, _ metrics: StorageWriterMetrics
    ) -> PostgreSQLSession {
        PostgreSQLSession(
            PostgreSQLConfiguration(configuration.postgres, applicationName: "sluice \(context.instance)"),
            onNotice: { metrics.notice.emit(["notice": "\($0)"]) }
        ) { connection in
            try await connection.execute("SET lock_timeout = '30s'; SET idle_in_transaction_session_timeout = '60s'")
            try await Migrations.apply(on: connection)
        }
    }
}
