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

/// PostgreSQL, and then the hash in Redis.
@IOThread
final class StoredAlerts: AlertRecording {
    private let database: AlertDatabase
    private let redis: RedisConnection
    private static let secondsToLive = 7 * 86_400

    init(_ database: AlertDatabase, _ redis: RedisConnection) {
        self.database = database
        self.redis = redis
    }

    func store(_ transitions: [AlertTransition]) async throws -> [AlertOutcome] {
        let outcomes = try await database.run { try await AlertTable(connection: $0).store(transitions) }
        var pipeline = RedisPipeline()
        for (transition, outcome) in zip(transitions, outcomes) where outcome.isRecorded {
            pipeline.store(AlertRecord(transition), for: Self.secondsToLive)
        }
        guard !pipeline.isEmpty else { return outcomes }
        for reply in try await redis.send(pipeline) {
            if let text = reply.errorText { throw RedisError(.refused, "Redis refuses: \(text)", isRetriable: true) }
        }
        return outcomes
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
