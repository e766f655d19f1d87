import HTTPEndpoints
public import IOLoop
public import StageRuntime

/// Asks every instance of every service how it is, and shows it to people and programs.
@IOThread
public final class HealthMonitorService: Service {
    public nonisolated static let name = "health-monitor"
    public nonisolated static let summary = "Looks at every instance and serves a status page and /api/status."

    private let watch: FleetWatch
    private let check: WatchCheck
    private let ledger: LedgerWatch
    private let board: StatusBoard
    private let store: Store
    private let alerts: AlertWatch
    private var tasks: [Task<Void, Never>] = []

    public init(configuration: HealthMonitorConfiguration, context: ServiceContext) async throws {
        board = StatusBoard(events: EventFeed(mostReaders: configuration.mostStreams))
        store = try Store(configuration, context)
        alerts = AlertWatch(store.postgres, events: board.events)
        let discovery = InstanceDiscovery(directory: context.instances, targets: configuration.targets)
        let client = try OperatorClient(trusting: configuration.authorityFile)
        let metrics = HealthMonitorMetrics(in: context.metrics)
        watch = FleetWatch(discovery, configuration, metrics, client: client, board: board)
        ledger = LedgerWatch(watch, client: client, within: configuration.deadline)
        let freshness = max(.seconds(10), configuration.pollInterval * 2 + configuration.deadline)
        check = WatchCheck(on: context.health, freshness: freshness)
        let routes = StatusRoutes.make(watch, ledger, board, freshness: freshness)
        for route in DashboardFiles.routes + routes + store.routes { context.routes.add(route) }
    }

    public func start() async throws {
        await watch.look()
        store.start()
        tasks = [
            Task { [watch] in await watch.run() }, Task { [check, watch] in await check.follow(watch) },
            Task { [board, ledger] in await Self.follow(ledger, board) },
            Task { [board] in await Self.keepAlive(board.events) }, Task { [alerts] in await alerts.run() },
        ]
    }

    public func drain() async {
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
        store.close()
    }

    /// Asks everybody for the ledger now and then, so that its state is known without being asked for.
    private nonisolated static func follow(_ ledger: LedgerWatch, _ board: StatusBoard) async {
        while !Task.isCancelled {
            board.take(await ledger.report())
            // A cancelled sleep ends early, and so does the loop.
            try? await Task.sleep(for: .seconds(5))
        }
    }

    private nonisolated static func keepAlive(_ events: EventFeed) async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(15))
            events.publish(.comment)
        }
    }
}
