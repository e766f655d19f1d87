import IOLoop
import Redis
import Testing

@IOThread
struct RedisConnectionTests {
    private let increment = RedisScript(name: "increment", source: "return redis.call('INCRBY', KEYS[1], ARGV[1])")

    private func connected(
        _ configuration: RedisConfiguration, scripts: [RedisScript] = []
    ) async throws -> RedisConnection {
        let connection = RedisConnection(configuration, scripts: scripts)
        connection.start()
        try #require(await connection.isConnected(within: .seconds(30)))
        return connection
    }

    @Test func `commands are answered in order, binary safe, errors in their place`() async throws {
        let server = try await PrivateRedis.start()
        let connection = try await connected(server.configuration)
        var pipeline = RedisPipeline()
        pipeline.beginCommand()
        pipeline.argument("SET")
        pipeline.argument("a")
        pipeline.argument(bytes: [0, 13, 10, 255])
        pipeline.append("GET", "a")
        pipeline.append("INCR", "a")
        pipeline.append("GET", "missing")
        pipeline.append("SET", "", "")
        pipeline.append("HSET", "h", "x", "1", "y", "2")
        pipeline.append("HGETALL", "h")
        let replies = try await connection.send(pipeline)
        try #require(replies.count == 7)
        #expect(replies[0] == .status("OK"))
        #expect(replies[1].bytes == [0, 13, 10, 255])
        #expect(replies[2].errorText == "ERR value is not an integer or out of range")
        #expect(replies[3] == .null)
        #expect(replies[4] == .status("OK"))
        #expect(replies[5].integer == 2)
        #expect(replies[6].fields == ["x": "1", "y": "2"])
        #expect(connection.pendingBytes == 0)
    }

    @Test func `a large pipeline comes back whole`() async throws {
        let server = try await PrivateRedis.start()
        let connection = try await connected(server.configuration)
        var pipeline = RedisPipeline()
        let value = String(repeating: "v", count: 1_000)
        for index in 0..<4_000 {
            pipeline.append("SET", "k\(index)", value)
            pipeline.append("GET", "k\(index)")
        }
        let replies = try await connection.send(pipeline)
        #expect(replies.count == 8_000)
        #expect(replies.indices.allSatisfy { $0 % 2 == 0 || replies[$0].text == value })
    }

    @Test func `password, user and database are used`() async throws {
        let server = try await PrivateRedis.start()
        try await server.require(password: "s3cret")
        var configuration = server.configuration
        configuration.user = "default"
        configuration.password = "s3cret"
        configuration.database = 2
        let connection = try await connected(configuration)
        try await connection.send("SET", "here", "1")
        #expect(try await connection.send("GET", "here").text == "1")
        #expect(try await connection.send("INFO", "keyspace").text?.contains("db2:keys=1") == true)
    }

    @Test func `a wrong password is reported, not retriable, and tried again for when it is mended`() async throws {
        let server = try await PrivateRedis.start()
        try await server.require(password: "s3cret")
        let connection = RedisConnection(server.configuration)
        var errors: [RedisError] = []
        connection.observe { if case .disconnected(let error) = $0 { errors.append(error) } }
        connection.start()
        try await eventually { errors.contains { $0.code == .refused } }
        let refusal = try #require(errors.first { $0.code == .refused })
        #expect(refusal.description.contains("NOAUTH"))
        #expect(!refusal.isRetriable)
        connection.close()
        #expect(connection.state == .closed)
    }

    @Test func `a script that the server forgot is loaded and called again`() async throws {
        let server = try await PrivateRedis.start()
        let connection = try await connected(server.configuration, scripts: [increment])
        var pipeline = RedisPipeline()
        pipeline.append("SCRIPT", "FLUSH")
        pipeline.beginCall(increment, keys: "n")
        pipeline.argument("5")
        pipeline.append("GET", "other")
        let replies = try await connection.send(pipeline)
        #expect(replies == [.status("OK"), .integer(5), .null])
        var second = RedisPipeline()
        second.beginCall(increment, keys: "n")
        second.argument("2")
        #expect(try await connection.send(second) == [.integer(7)])
    }

    @Test func `a server that is away is found when it comes back`() async throws {
        let server = try await PrivateRedis.start()
        let connection = try await connected(server.configuration)
        var states: [RedisConnectionState] = []
        connection.observe { states.append($0) }
        await server.kill()
        try await eventually { !connection.state.isConnected }
        let error = await #expect(throws: RedisError.self) { try await connection.send("PING") }
        #expect(error?.code == .notConnected)
        #expect(error?.isRetriable == true)
        try await server.restart()
        try #require(await connection.isConnected(within: .seconds(30)))
        #expect(try await connection.send("PING").text == "PONG")
        #expect(states.last == .connected)
    }

    @Test func `what is under way when the server dies fails exactly once`() async throws {
        let server = try await PrivateRedis.start()
        let connection = try await connected(server.configuration)
        server.freeze()
        var outcomes: [Result<[RedisValue], RedisError>] = []
        for _ in 0..<100 {
            var pipeline = RedisPipeline()
            pipeline.append("PING")
            connection.submit(pipeline) { outcomes.append($0) }
        }
        await server.kill()
        try await eventually { outcomes.count == 100 }
        #expect(outcomes.allSatisfy { (try? $0.get()) == nil })
    }

    @Test func `a server that does not answer in time is given up`() async throws {
        let server = try await PrivateRedis.start()
        var configuration = server.configuration
        let patient = try await connected(configuration)
        configuration.replyTimeout = .milliseconds(200)
        let connection = try await connected(configuration)
        server.freeze()
        let error = await #expect(throws: RedisError.self) { try await connection.send("PING") }
        #expect(error?.code == .timedOut)
        #expect(!connection.state.isConnected)
        #expect(patient.state.isConnected)
    }

    @Test func `more than the limit is refused and not buffered`() async throws {
        let server = try await PrivateRedis.start()
        var configuration = server.configuration
        configuration.outputLimitBytes = 10_000
        let connection = try await connected(configuration)
        server.freeze()
        var outcomes: [Result<[RedisValue], RedisError>] = []
        for _ in 0..<20 {
            var pipeline = RedisPipeline()
            pipeline.append("SET", "k", String(repeating: "v", count: 1_000))
            connection.submit(pipeline) { outcomes.append($0) }
        }
        #expect(connection.pendingBytes <= 10_000)
        #expect(outcomes.count > 10)
        let codes = outcomes.map { outcome -> RedisError.Code? in
            if case .failure(let error) = outcome { error.code } else { nil }
        }
        #expect(codes.allSatisfy { $0 == .outputFull })
    }

    @Test func `nobody listening reads aloud`() async throws {
        let server = try await PrivateRedis.start()
        await server.kill()
        let connection = RedisConnection(server.configuration)
        var errors: [RedisError] = []
        connection.observe { if case .disconnected(let error) = $0 { errors.append(error) } }
        connection.start()
        try await eventually { !errors.isEmpty }
        #expect(
            errors[0].description
                == "cannot connect to redis://127.0.0.1:\(server.port)/0: Connection refused (connect, errno 111)")
        #expect(errors[0].isRetriable)
        connection.close()
    }

    /// Waits for a condition, not for a time.
    private func eventually(_ condition: () -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while !condition() {
            try #require(ContinuousClock.now < deadline, "the condition did not come true within 30 s")
            await EventLoop.sleep(for: .milliseconds(5))
        }
    }
}
