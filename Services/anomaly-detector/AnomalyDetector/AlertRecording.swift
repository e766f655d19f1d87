internal import AlertRecords
internal import Alerting
internal import IOLoop
internal import Model
internal import PostgreSQL
internal import Redis

/// Where transitions are written down.
@IOThread
protocol AlertRecording: AnyObject {
    /// - Returns: one outcome each.
    /// - Throws: when nobody knows whether they are written: the same may be given again.
    func store(_ transitions: [AlertTransition]) async throws -> [AlertOutcome]
}

/// PostgreSQL, and then the hash in Redis. What PostgreSQL says stands, whether or not Redis is there: the hash follows when it is back.
@IOThread
final class StoredAlerts: AlertRecording {
    private let database: AlertDatabase
    private let redis: RedisConnection
    /// What the hash does not show yet: the last step of each alert.
    private var unshown: [String: AlertTransition] = [:]
    private var isRetrying = false
    private static let secondsToLive = 7 * 86_400
    private static let retry = Duration.seconds(1)

    init(_ database: AlertDatabase, _ redis: RedisConnection) {
        self.database = database
        self.redis = redis
    }

    func store(_ transitions: [AlertTransition]) async throws -> [AlertOutcome] {
        let outcomes = try await database.run { try await AlertTable(connection: $0).store(transitions) }
        for (transition, outcome) in zip(transitions, outcomes) where outcome.isRecorded {
            unshown[transition.alertID] = transition
        }
        await show()
        if !unshown.isEmpty { showLater() }
        return outcomes
    }

    private func show() async {
        guard redis.state.isConnected, !unshown.isEmpty else { return }
        let due = unshown
        var pipeline = RedisPipeline()
        for transition in due.values { pipeline.store(AlertRecord(transition), for: Self.secondsToLive) }
        guard let replies = try? await redis.send(pipeline), replies.allSatisfy({ $0.errorText == nil }) else { return }
        for (id, transition) in due where unshown[id] == transition { unshown[id] = nil }
    }

    private func showLater() {
        guard !isRetrying else { return }
        isRetrying = true
        IOThread.task { [weak self] in
            while let self, !self.unshown.isEmpty {
                await EventLoop.sleep(for: Self.retry)
                await self.show()
            }
            self?.isRetrying = false
        }
    }
}

extension AlertOutcome {
    fileprivate var isRecorded: Bool {
        switch self {
        case .stored, .known: true
        case .superseded: false
        }
    }
}
