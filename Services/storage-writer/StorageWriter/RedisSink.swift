internal import IOLoop
internal import Model
internal import Redis

/// What operators see of the cache.
enum CacheStatus: Equatable, Sendable {
    case ok
    /// Redis is away or refuses; storing goes on without it.
    case degraded(String)
}

struct CacheCounters: Equatable, Sendable {
    var writtenReadings = 0
    var writtenAlerts = 0
    /// Not written, because Redis was away, slow or refusing. They are in PostgreSQL.
    var droppedReadings = 0
    var refills = 0
    var refilledReadings = 0
    var refilledAlerts = 0
}

/// Where a refill comes from: PostgreSQL.
@IOThread
protocol CacheSource: AnyObject {
    /// Calls `body` with some series at a time, until all that have readings since `start` were there; each with its
    /// last `limit` readings.
    func forEachPage(
        since start: Timestamp, limit: Int, _ body: @IOThread ([CachedSeries]) async throws -> Void
    ) async throws

    /// Calls `body` with some alerts at a time, until all on readings since `start` were there.
    func forEachAlertPage(since start: Timestamp, _ body: @IOThread ([Alert]) async throws -> Void) async throws
}

/// Writes the latest readings to Redis after each commit. A cache: what it cannot write now it drops, counts, and
/// reads back from PostgreSQL when Redis is there again.
@IOThread
final class RedisSink {
    private(set) var counters = CacheCounters()
    private let connection: RedisConnection
    private let limits: CacheLimits
    private let source: (any CacheSource)?
    private let refillRetry: Duration
    private let now: @Sendable () -> Timestamp
    private var failure: String?
    private var refillFailure: String?
    private var refill: Task<Void, Never>?
    private var retry: ScheduledTimer?

    /// Pipelines of about this size: small enough not to hold up Redis's other clients, large enough to be cheap.
    private static let pipelineBytes = 128 << 10

    init(
        _ configuration: RedisConfiguration, source: (any CacheSource)?, limits: CacheLimits = CacheLimits(),
        refillRetry: Duration = .seconds(5), now: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        connection = RedisConnection(configuration, scripts: [.storeReadings])
        self.source = source
        self.limits = limits
        self.refillRetry = refillRetry
        self.now = now
        connection.observe { [weak self] state in self?.connectionChanged(to: state) }
    }

    var status: CacheStatus {
        if case .disconnected(let error) = connection.state { return .degraded(error.message) }
        guard connection.state.isConnected else { return .degraded("not connected to Redis yet") }
        return (failure ?? refillFailure).map(CacheStatus.degraded) ?? .ok
    }

    func start() {
        connection.start()
    }

    func close() {
        refill?.cancel()
        retry?.cancel()
        connection.close()
    }

    /// Takes what a commit stored for the first time. Never waits and never fails.
    func store(_ fresh: [ReadingBatch]) {
        guard connection.state.isConnected else {
            counters.droppedReadings += fresh.reduce(0) { $0 + $1.count }
            return
        }
        var write = Write()
        CacheWrites(fresh).forEachSeries(limit: limits.listLength) { series in
            write.pipeline.store(series, limits)
            write.readings += series.readings.count
            if write.pipeline.byteCount > Self.pipelineBytes { submit(&write) }
        }
        for batch in fresh where !batch.anomalies.isEmpty {
            for alert in batch.alerts { write.pipeline.store(alert, limits) }
            write.alerts += batch.anomalies.count
        }
        submit(&write)
    }
}

// MARK: - Writing

extension RedisSink {
    private struct Write {
        var pipeline = RedisPipeline()
        var readings = 0
        var alerts = 0
    }

    private func submit(_ write: inout Write) {
        let sent = write
        write = Write()
        connection.submit(sent.pipeline) { [weak self] result in self?.ended(sent, result) }
    }

    private func ended(_ write: Write, _ result: Result<[RedisValue], RedisError>) {
        switch result {
        case .success(let replies):
            failure = replies.lazy.compactMap(\.errorText).first.map { "Redis refuses: \($0)" }
            if failure == nil {
                counters.writtenReadings += write.readings
                counters.writtenAlerts += write.alerts
            } else {
                dropped(write)
            }
        case .failure(let error):
            failure = error.message
            dropped(write)
        }
    }

    /// Gaps that Redis being away left are filled when it comes back; others, some time later.
    private func dropped(_ write: Write) {
        counters.droppedReadings += write.readings
        scheduleRefill(after: .seconds(30))
    }
}

// MARK: - Refilling

extension RedisSink {
    private func connectionChanged(to state: RedisConnectionState) {
        retry?.cancel()
        retry = nil
        if state.isConnected {
            failure = nil
            beginRefill()
        } else {
            refill?.cancel()
        }
    }

    private func scheduleRefill(after delay: Duration) {
        guard retry == nil, connection.state.isConnected else { return }
        retry = EventLoop.schedule(after: delay) { [weak self] in
            self?.retry = nil
            self?.beginRefill()
        }
    }

    /// Reads the last hour back. Runs beside the writing of new readings: the script makes their order irrelevant.
    private func beginRefill() {
        guard let source, connection.state.isConnected else { return }
        let former = refill
        former?.cancel()
        refill = Task { [weak self] in
            await former?.value
            await self?.runRefill(from: source)
        }
    }

    private func runRefill(from source: any CacheSource) async {
        do {
            let start = now().advanced(by: .seconds(-limits.secondsToLive))
            try await source.forEachPage(since: start, limit: limits.listLength) { [weak self] page in
                try Task.checkCancellation()
                try await self?.refill(page)
            }
            try await source.forEachAlertPage(since: start) { [weak self] page in
                try Task.checkCancellation()
                try await self?.refill(page)
            }
            counters.refills += 1
            refillFailure = nil
        } catch is CancellationError {
            // Redis went away again, or the service stops: the next connection refills.
        } catch {
            refillFailure = "cannot refill Redis: \(error)"
            scheduleRefill(after: refillRetry)
        }
    }

    private func refill(_ page: [CachedSeries]) async throws {
        var pipeline = RedisPipeline()
        for series in page where !series.readings.isEmpty { pipeline.store(series, limits) }
        try await send(pipeline)
        counters.refilledReadings += page.reduce(0) { $0 + $1.readings.count }
    }

    private func refill(_ page: [Alert]) async throws {
        var pipeline = RedisPipeline()
        for alert in page { pipeline.store(alert, limits) }
        try await send(pipeline)
        counters.refilledAlerts += page.count
    }

    private func send(_ pipeline: RedisPipeline) async throws {
        let replies = try await connection.send(pipeline)
        if let refusal = replies.lazy.compactMap(\.errorText).first {
            throw RedisError(.refused, "Redis refuses: \(refusal)", isRetriable: true)
        }
    }
}
