internal import IOLoop
internal import Model
internal import Observability
internal import PostgreSQL
internal import Redis

/// Where devices are, in memory for the data path: read from PostgreSQL again and again, kept in Redis for the next
/// start. Either may be away, even both: then readings go on with what is known, and health says so.
@IOThread
final class DeviceRegistry {
    private let table: RegistryTable
    private let cache: RegistryCache
    private let interval: Duration
    private let metrics: PreprocessorMetrics
    private let health: HealthCheck
    /// Hands over what is known, whenever it has changed.
    private let onChange: @IOThread ([ExactText: String]) -> Void

    private(set) var locations: [ExactText: String] = [:]
    private var source = Source.nothing
    /// The hash in Redis is as `locations`, as far as this instance knows.
    private var isCached = false
    private var timer: ScheduledTimer?
    private var isClosed = false

    private enum Source: String {
        case nothing = "no locations are known"
        case redis = "going on with the locations in Redis"
        case postgreSQL = "going on with the locations read before"
    }

    init(
        table: RegistryTable, cache: RegistryCache, interval: Duration, metrics: PreprocessorMetrics,
        health: HealthCheck, onChange: @escaping @IOThread ([ExactText: String]) -> Void
    ) {
        self.table = table
        self.cache = cache
        self.interval = interval
        self.metrics = metrics
        self.health = health
        self.onChange = onChange
        // A Redis that comes back may have lost what it had.
        cache.redis.observe { [weak self] state in
            if state.isConnected { self?.isCached = false }
        }
    }

    /// Reads once, then again every interval (sooner after a failure) until closed.
    func run() async {
        let isFresh = await refresh()
        guard !isClosed else { return }
        timer = EventLoop.schedule(after: isFresh ? interval : min(interval, .seconds(2))) { [weak self] in
            IOThread.task { await self?.run() }
        }
    }

    func close() {
        isClosed = true
        timer?.cancel()
    }

    /// Reads the registry once. Never throws: what fails is counted and shown.
    ///
    /// - Returns: whether PostgreSQL answered.
    @discardableResult
    func refresh() async -> Bool {
        do {
            let fresh = try await table.locations()
            metrics.registryRefreshes.add(1)
            take(fresh, from: .postgreSQL)
            await fillCache()
            health.report(.ok, "\(locations.count) devices with a location")
            return true
        } catch {
            let why = report(error)
            if source == .nothing { await fallBack() }
            health.report(.degraded, "\(why); \(source.rawValue)")
            return false
        }
    }

    /// A fresh database is no fault: its tables come with the first storage-writer.
    private func report(_ error: any Error) -> String {
        if let error = error as? PostgreSQLError, error.isMissingTable {
            metrics.awaitsSchema(error)
            return "the table devices is not there yet: storage-writer makes it when it starts"
        }
        metrics.failed(toReadRegistry: error)
        return "\(error)"
    }

    private func take(_ fresh: [ExactText: String], from origin: Source) {
        source = origin
        metrics.registryDevices.set(fresh.count)
        guard fresh != locations else { return }
        locations = fresh
        isCached = false
        onChange(fresh)
    }

    private func fillCache() async {
        guard !isCached else { return }
        do throws(RedisError) {
            try await cache.store(locations)
            isCached = true
        } catch {
            metrics.failed(toUseCache: error)
        }
    }

    private func fallBack() async {
        do throws(RedisError) {
            let cached = try await cache.load()
            if !cached.isEmpty { take(cached, from: .redis) }
        } catch {
            metrics.failed(toUseCache: error)
        }
    }
}
