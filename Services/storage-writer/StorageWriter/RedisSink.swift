internal import AlertRecords
internal import IOLoop
internal import Model
internal import Plugins
internal import Redis

struct CacheCounters: Equatable, Sendable {
    var writtenReadings = 0
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

    /// Calls `body` with some alerts at a time, until all that changed since `start` were there.
    func forEachAlertPage(since start: Timestamp, _ body: @IOThread ([AlertRecord]) async throws -> Void) async throws

    func close()
}

/// Writes the latest readings to Redis after each commit. A cache: what it cannot write now it drops, counts, and
/// reads back from PostgreSQL when Redis is there again; also the alerts, which detectors write.
@IOThread
final class RedisSink: @IOThread Sink {
    let name = "redis"
    private(set) var counters = CacheCounters()
    private let connection: RedisConnection
    private let limits: CacheLimits
    private let source: (any CacheSource)?
    private let refillRetry: Duration
    private let now: @Sendable () -> Timestamp
    private var waiting: [ReadingBatch] = []
    private var waitingReadings = 0
    /// Pipelines without an answer yet.
    private var open = 0
    private var flushed = ContinuousClock.now
    private var rest: ScheduledTimer?
    private var failure: String?
    private var refillFailure: String?
    private var refill: Task<Void, Never>?
    private var retry: ScheduledTimer?

    /// Pipelines of about this size: small enough not to hold up Redis's other clients, large enough to be cheap.
    private static let pipelineBytes = 128 << 10
    private static let waitingLimit = 20_000
    private static let longestRest = Duration.milliseconds(4)

    init(
        _ configuration: RedisConfiguration, source: (any CacheSource)?, limits: CacheLimits = CacheLimits(),
        refillRetry: Duration = .seconds(5), now: @escaping @Sendable () -> Timestamp = Timestamp.now
    ) {
        connection = RedisConnection(configuration, scripts: [.storeReadings, .storeAlert])
        self.source = source
        self.limits = limits
        self.refillRetry = refillRetry
        self.now = now
        connection.observe { [weak self] state in self?.connectionChanged(to: state) }
    }

    var status: SinkStatus {
        if case .disconnected(let error) = connection.state { return .degraded(error.message) }
        guard connection.state.isConnected else { return .degraded("not connected to Redis yet") }
        return (failure ?? refillFailure).map(SinkStatus.degraded) ?? .ok
    }

    var counts: SinkCounts { SinkCounts(written: counters.writtenReadings, dropped: counters.droppedReadings) }

    func start() {
        connection.start()
    }

    /// Writes what waits, for at most `patience`: so that Redis shows the last readings before a shutdown.
    @IOThread
    func drain(within patience: Duration) async {
        let deadline = ContinuousClock.now + patience
        while !waiting.isEmpty || open > 0, connection.state.isConnected, .now < deadline {
            await EventLoop.sleep(for: .milliseconds(5))
        }
    }

    func close() {
        refill?.cancel()
        retry?.cancel()
        rest?.cancel()
        connection.close()
        source?.close()
    }

    /// Takes what a commit stored for the first time. Never waits and never fails.
    ///
    /// It is written at once, or, while Redis is at work on what came before, together with what comes until it may
    /// have more: a series then costs one call for all its readings.
    func store(_ fresh: [ReadingBatch]) {
        let readings = fresh.reduce(0) { $0 + $1.count }
        let hasRoom = waiting.isEmpty || waitingReadings + readings <= Self.waitingLimit
        guard connection.state.isConnected, hasRoom else { return dropped(readings) }
        waiting += fresh
        waitingReadings += readings
        if open == 0, rest == nil { flush() }
    }
}

// MARK: - Writing

extension RedisSink {
    private struct Write {
        var pipeline = RedisPipeline()
        var readings = 0
    }

    private func flush() {
        let fresh = waiting
        waiting = []
        waitingReadings = 0
        flushed = .now
        // Counts as a pipeline until all are submitted: some may fail on the spot.
        open += 1
        var write = Write()
        CacheWrites(fresh).forEachSeries(limit: limits.listLength) { series in
            write.pipeline.store(series, limits)
            write.readings += series.readings.count
            if write.pipeline.byteCount > Self.pipelineBytes { submit(&write) }
        }
        submit(&write)
        closeOne()
    }

    private func submit(_ write: inout Write) {
        let sent = write
        write = Write()
        open += 1
        connection.submit(sent.pipeline) { [weak self] result in self?.ended(sent, result) }
    }

    private func ended(_ write: Write, _ result: Result<[RedisValue], RedisError>) {
        switch result {
        case .success(let replies):
            failure = replies.lazy.compactMap(\.errorText).first.map { "Redis refuses: \($0)" }
            if failure == nil {
                counters.writtenReadings += write.readings
            } else {
                dropped(write.readings)
            }
        case .failure(let error):
            failure = error.message
            dropped(write.readings)
        }
        closeOne()
    }

    private func closeOne() {
        open -= 1
        if open == 0 { takeRest() }
    }

    /// As long as Redis took for the last flush: half of its time is what a cache may cost, and under more load each
    /// call simply carries more readings.
    private func takeRest() {
        let duration = min(ContinuousClock.now - flushed, Self.longestRest)
        rest = EventLoop.schedule(after: duration) { [weak self] in
            guard let self else { return }
            rest = nil
            if !waiting.isEmpty { flush() }
        }
    }

    /// Gaps that Redis being away left are filled when it comes back; others, some time later.
    private func dropped(_ readings: Int) {
        counters.droppedReadings += readings
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

    /// Reads back what would still be there: the readings of the last hour, the alerts of seven days. Runs beside the
    /// writing of new ones: the scripts make their order irrelevant.
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
            let now = now()
            let firstReading = now.advanced(by: .seconds(-limits.secondsToLive))
            try await source.forEachPage(since: firstReading, limit: limits.listLength) { [weak self] page in
                try Task.checkCancellation()
                try await self?.refill(page)
            }
            let firstAlert = now.advanced(by: .seconds(-limits.alertSecondsToLive))
            try await source.forEachAlertPage(since: firstAlert) { [weak self] page in
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

    private func refill(_ page: [AlertRecord]) async throws {
        var pipeline = RedisPipeline()
        let now = now()
        // What is left of their seven days, or every refill would begin them anew.
        for alert in page { pipeline.store(alert, for: limits.secondsLeft(of: alert, at: now)) }
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
