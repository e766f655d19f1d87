import AlertRecords
import Alerting
import IOLoop
import Model
import Redis
import TestServers
import Testing

@IOThread
struct AlertHashTests {
    private let key = "alert:boiler:temperature:60"

    private func withConnection(_ body: @escaping @IOThread (RedisConnection) async throws -> Void) async throws {
        try await withRedis { url in try await Self.run(url, body) }
    }

    private static func run(_ url: String, _ body: @IOThread (RedisConnection) async throws -> Void) async throws {
        let redis = RedisConnection(try RedisConfiguration(url: url), scripts: [.storeAlert])
        redis.start()
        #expect(await redis.isConnected(within: .seconds(30)))
        try await body(redis)
        redis.close()
    }

    private static func store(_ transition: AlertTransition, in redis: RedisConnection) async throws {
        var pipeline = RedisPipeline()
        pipeline.store(AlertRecord(transition), for: 604_800)
        let replies = try await redis.send(pipeline)
        #expect(replies.compactMap(\.errorText) == [])
    }

    @Test func `an alert is a hash for seven days`() async throws {
        try await withConnection { redis in
            try await Self.store(step(1, at: 60), in: redis)
            let fields = try await redis.send("HGETALL", key).fields
            #expect(
                fields == [
                    "id": "p-1-7-tailsum", "device_id": "boiler", "sensor_type": "temperature", "value": "99.0",
                    "unit": "C", "timestamp": "1970-01-01T00:01:00.000000Z", "detector": "tailsum", "score": "5.0",
                    "threshold": "3.0", "expected_low": "1.0", "expected_high": "2.0", "why": "too hot",
                    "location": #"{"lat": 1.5}"#, "state": "firing", "severity": "warning", "ordinal": "1",
                    "changed_at": "1970-01-01T00:01:00.000000Z",
                ])
            let seconds = try #require(try await redis.send("TTL", key).integer)
            #expect((604_700...604_800).contains(seconds))
        }
    }

    @Test func `a later transition never gives way to an earlier one`() async throws {
        try await withConnection { redis in
            for ordinal: UInt32 in [1, 3, 2, 1, 3] {
                try await Self.store(step(ordinal, .firing, ordinal == 3 ? .resolved : .firing, at: 60), in: redis)
            }
            #expect(try await redis.send("HGET", key, "state").text == "resolved")
            #expect(try await redis.send("HGET", key, "ordinal").text == "3")
        }
    }

    @Test func `an alert that fires with another reading takes its hash along`() async throws {
        try await withConnection { redis in
            let pending = step(1, nil, .pending, .breached, at: 60)
            for transition in [pending, step(2, .pending, .firing, at: 90), pending] {
                try await Self.store(transition, in: redis)
            }
            #expect(try await redis.send("KEYS", "alert:*").array?.map(\.text) == ["alert:boiler:temperature:90"])
        }
    }

    @Test func `of two alerts of one reading the one that changed last is shown`() async throws {
        try await withConnection { redis in
            var late = step(2, of: "b", .firing, .firing, detector: "flat-line", at: 60)
            late.at = Timestamp(seconds: 70)
            for transition in [late, step(1, of: "a", at: 60)] { try await Self.store(transition, in: redis) }
            #expect(try await redis.send("HGET", key, "id").text == "b")
        }
    }

    @Test func `a hash that an older version wrote gives way`() async throws {
        try await withConnection { redis in
            try await redis.send("HSET", key, "id", "zzz", "value", "1", "old", "field")
            try await Self.store(step(1, at: 60), in: redis)
            #expect(try await redis.send("HGET", key, "id").text == "p-1-7-tailsum")
            #expect(try await redis.send("HEXISTS", key, "old").integer == 0)
        }
    }
}
