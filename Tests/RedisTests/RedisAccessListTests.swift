import IOLoop
import Redis
import Settings
import Testing

/// A Redis whose default user is off, and one that may do what services do: `redis://user:password@…`.
@IOThread
struct RedisAccessListTests {
    private struct Cache: SettingsSection {
        static let section = "redis"
        let settings: RedisSettings
        init(from reader: SettingsReader) { settings = RedisSettings(from: reader) }
    }

    /// As the section `redis` has it.
    private func configuration(_ server: PrivateRedis, _ credentials: String) throws -> RedisConfiguration {
        let yaml = "redis: { url: 'redis://\(credentials)@127.0.0.1:\(server.port)' }"
        let settings = try SettingsDocument(yaml: yaml, environment: [:]).decode(Cache.self).settings
        var configuration = server.configuration
        let read = RedisConfiguration(settings)
        (configuration.user, configuration.password) = (read.user, read.password)
        return configuration
    }

    private func guarded() async throws -> PrivateRedis {
        let server = try await PrivateRedis.start()
        let administrator = RedisConnection(server.configuration)
        administrator.start()
        try #require(await administrator.isConnected(within: .seconds(30)))
        try await administrator.send(
            "ACL", "SETUSER", "sluice", "on", ">p@ss:word", "~*", "&*", "+@all", "-@admin", "-@dangerous")
        try await administrator.send("ACL", "SETUSER", "default", "off")
        administrator.close()
        return server
    }

    @Test func `the right user with the right password may do what services do`() async throws {
        let server = try await guarded()
        let script = RedisScript(name: "set", source: "return redis.call('SET', KEYS[1], ARGV[1])")
        let connection = RedisConnection(try configuration(server, "sluice:p%40ss%3Aword"), scripts: [script])
        connection.start()
        try #require(await connection.isConnected(within: .seconds(30)))
        var pipeline = RedisPipeline()
        pipeline.beginCall(script, keys: "k")
        pipeline.argument("v")
        pipeline.append("GET", "k")
        #expect(try await connection.send(pipeline).last?.text == "v")
        let refused = await #expect(throws: RedisError.self) { try await connection.send("CONFIG", "GET", "*") }
        #expect(refused?.description.contains("NOPERM") == true)
        connection.close()
    }

    @Test(arguments: ["sluice:pl4nted", "somebody:pl4nted"])
    func `others are refused, and the error does not repeat the password`(credentials: String) async throws {
        let server = try await guarded()
        let connection = RedisConnection(try configuration(server, credentials))
        var errors: [RedisError] = []
        connection.observe { if case .disconnected(let error) = $0 { errors.append(error) } }
        connection.start()
        try await eventually { errors.contains { $0.code == .refused } }
        let refusal = try #require(errors.first { $0.code == .refused })
        #expect(refusal.description.contains("WRONGPASS"), "\(refusal)")
        #expect(!refusal.isRetriable && !refusal.description.contains("pl4nted"))
        connection.close()
    }

    private func eventually(_ condition: () -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while !condition() {
            try #require(ContinuousClock.now < deadline)
            await EventLoop.sleep(for: .milliseconds(5))
        }
    }
}
