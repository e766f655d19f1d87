public import ArgumentParser
public import IOLoop
internal import Model
internal import Observability
internal import Pipes
internal import PostgreSQL
public import StageRuntime

/// Keeps `rollup_1m`, `rollup_1h` and `rollup_1d` up to date.
///
///     storage-writer ══pipe══▶ pending batches ──each second──▶ merge ──▶ rollups
///                                                  tokens ──older than 5 s──▶ recovery ──▶ rollups
@IOThread
public final class AggregatorService: Service {
    public nonisolated static let name = "aggregator"
    public nonisolated static let summary = "Merges stored readings into the rollups by minute, hour and day."
    public nonisolated static var subcommands: [any ParsableCommand.Type] { [RebuildCommand.self] }

    private let inbound: InboundPipe
    private let merger: RollupMerger
    private let watch: BacklogWatch
    private let mergeSession: PostgreSQLSession
    private let links: LinkMetrics
    private let utilization: Utilization
    private let flow: FlowCheck
    private var looking: ScheduledTimer?

    public init(configuration: AggregatorConfiguration, context: ServiceContext) async throws {
        let metrics = AggregatorMetrics(registry: context.metrics, logger: context.logger)
        let database = configuration.database(applicationName: "sluice \(context.instance)")
        mergeSession = PostgreSQLSession(database)
        links = LinkMetrics(in: context.metrics)
        let merger = RollupMerger(session: mergeSession, configuration: configuration, metrics: metrics)
        self.merger = merger
        let utilization = Utilization(in: context.metrics)
        merger.onWork = { utilization.worked(for: $0) }
        self.utilization = utilization
        watch = BacklogWatch(
            session: PostgreSQLSession(database), configuration: configuration, metrics: metrics,
            health: context.health)
        let taps = context.makeTaps()
        inbound = InboundPipe(
            try PipeSecurity(configuration.pipes, context).inbound(
                InboundPipeConfiguration(
                    stage: Self.name, instance: context.instance, partitions: configuration.partitions),
                from: "storage-writer"),
            from: try configuration.upstreamAddresses(in: context.instances)
        ) { delivery in
            taps.offer(delivery.batch)
            Self.receive(delivery, merger)
        }
        flow = FlowCheck(
            FlowWatch(verb: "merged"), board: context.health, limits: context.healthLimits,
            linger: configuration.mergeInterval)
        Self.watchLinks(of: inbound, health: context.health)
    }

    public func start() async throws {
        inbound.start()
        merger.start()
        watch.start()
        looking = EventLoop.schedule(every: .seconds(1)) { [weak self] in self?.look() }
    }

    private func look() {
        links.sample(inbound.links)
        utilization.sample()
        let counters = inbound.counters
        flow.look(
            FlowSample(
                arrived: counters.receivedReadings, done: merger.settledReadings, waiting: merger.waitingReadings,
                isListening: counters.links > 0))
    }

    public func reload(_ configuration: AggregatorConfiguration) async throws {
        merger.mergeReadings = configuration.mergeReadings
        watch.recoverAfter = configuration.recoverAfter
    }

    public func drain() async {
        await inbound.drain(within: .seconds(5))
        await merger.drain()
        await watch.stop()
        looking?.cancel()
        inbound.close()
        mergeSession.close()
    }

    /// Acked at once: the batch is stored, and its token in PostgreSQL keeps it from being forgotten.
    private static func receive(_ delivery: Delivery, _ merger: RollupMerger) {
        if let token = delivery.token {
            merger.receive(PendingBatch(token: token, readings: delivery.batch))
        }
        delivery.ack()
    }

    /// Without a writer the rollups are still right, only some seconds later: degraded, not failed.
    private static func watchLinks(of inbound: InboundPipe, health: HealthBoard) {
        let check = health.check("storage-writer", initially: .degraded, "not connected yet")
        inbound.onChange = { [weak inbound] in
            let live = inbound?.links.count { $0.state == .live } ?? 0
            check.report(live > 0 ? .ok : .degraded, live > 0 ? "" : "no storage-writer is connected")
        }
    }
}
