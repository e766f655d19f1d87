internal import IOLoop
internal import Model
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
    func load() async throws(RedisError) -> [ExactText: String] {
        _ = await redis.isConnected(within: Self.patience)
        let reply = try await redis.send("HGETALL", Self.key).array ?? []
        var locations: [ExactText: String] = [:]
        for index in stride(from: 0, to: reply.count - 1, by: 2) {
            guard let device = reply[index].text, let location = reply[index + 1].text else { continue }
            locations[ExactText(device)] = location
        }
        return locations
    }

    /// Replaces the whole hash at once: readers see the old one or the new one.
    ///
    /// - Throws: ``RedisError``; the old one stays.
    func store(_ locations: [ExactText: String]) async throws(RedisError) {
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
            pipeline.argument(location.key.text)
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
