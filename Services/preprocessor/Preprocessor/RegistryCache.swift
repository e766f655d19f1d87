internal import IOLoop
internal import Redis

/// The locations in Redis, `devices:locations` (a hash of device to JSON), for a start while PostgreSQL is away.
@IOThread
struct RegistryCache {
    let redis: RedisConnection
    /// Distinguishes replicas, which may write at the same time.
    let instance: String

    private static let key = "devices:locations"
    private static let fieldsPerCommand = 500
    /// A connection that is being made is worth a moment; one that fails says so at once.
    private static let patience = Duration.seconds(1)

    /// - Throws: ``RedisError``.
    func load() async throws(RedisError) -> [String: String] {
        _ = await redis.isConnected(within: Self.patience)
        return try await redis.send("HGETALL", Self.key).fields ?? [:]
    }

    /// Replaces the whole hash at once: readers see the old one or the new one.
    ///
    /// - Throws: ``RedisError``; the old one stays.
    func store(_ locations: [String: String]) async throws(RedisError) {
        _ = await redis.isConnected(within: Self.patience)
        guard !locations.isEmpty else {
            try await redis.send("DEL", Self.key)
            return
        }
        let draft = "\(Self.key):\(instance)"
        try await redis.send("DEL", draft)
        var pipeline = RedisPipeline()
        for (number, location) in locations.enumerated() {
            if number % Self.fieldsPerCommand == 0 {
                try await send(pipeline)
                pipeline = RedisPipeline()
                pipeline.beginCommand()
                pipeline.argument("HSET")
                pipeline.argument(draft)
            }
            pipeline.argument(location.key)
            pipeline.argument(location.value)
        }
        try await send(pipeline)
        try await redis.send("RENAME", draft, Self.key)
    }

    private func send(_ pipeline: RedisPipeline) async throws(RedisError) {
        guard !pipeline.isEmpty else { return }
        for reply in try await redis.send(pipeline) {
            guard let text = reply.errorText else { continue }
            throw RedisError(.refused, "cannot write \(Self.key): the server says \(text)", isRetriable: true)
        }
    }
}
