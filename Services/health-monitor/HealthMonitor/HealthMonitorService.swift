import HTTPEndpoints
public import IOLoop
import Observability
public import StageRuntime

/// Asks every instance of every service how it is, and shows it to people and programs.
@IOThread
public final class HealthMonitorService: Service {
    public nonisolated static let name = "health-monitor"
    public nonisolated static let summary = "Looks at every instance and serves a status page and /api/status."

    private let watch: FleetWatch
    private let looking: HealthCheck
    private let ledger: LedgerWatch
    private var watching: Task<Void, Never>?
    private var balancing: Task<Void, Never>?

    public init(configuration: HealthMonitorConfiguration, context: ServiceContext) async throws {
        let discovery = InstanceDiscovery(directory: context.instances, targets: configuration.targets)
        watch = FleetWatch(discovery, configuration, HealthMonitorMetrics(in: context.metrics))
        ledger = LedgerWatch(watch, within: configuration.deadline)
        context.routes.add(HTTPRoute("/ledger") { [ledger] _ in .json(await ledger.report().json) })
        looking = context.health.check("watch")
        let freshness = max(.seconds(10), configuration.pollInterval * 2 + configuration.deadline)
        for route in StatusPage.routes(for: watch, freshness: freshness) { context.routes.add(route) }
    }

    public func start() async throws {
        await watch.look()
        watching = Task { [watch] in await watch.run() }
        balancing = Task { [ledger] in await ledger.run() }
        looking.report(.ok)
    }

    public func drain() async {
        watching?.cancel()
        balancing?.cancel()
        await watching?.value
        await balancing?.value
    }
}
