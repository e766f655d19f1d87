import Redis
import Settings
import Testing

struct RedisConfigurationTests {
    @Test func `a full URL gives all its parts`() throws {
        let configuration = try RedisConfiguration(url: "redis://ann:p%40ss%2Fw@cache.example:7001/3")
        #expect(configuration.host == "cache.example")
        #expect(configuration.port == 7001)
        #expect(configuration.user == "ann")
        #expect(configuration.password == "p@ss/w")
        #expect(configuration.database == 3)
    }

    @Test(arguments: ["redis://h", "redis://h/", "redis://h:6379", "redis://h:6379/0"])
    func `what is left out has its usual value`(url: String) throws {
        #expect(try RedisConfiguration(url: url) == RedisConfiguration(host: "h"))
    }

    @Test func `a password without a user, and an IPv6 address`() throws {
        let configuration = try RedisConfiguration(url: "redis://:secret@[::1]:6380")
        #expect(configuration.user == nil)
        #expect(configuration.password == "secret")
        #expect(configuration.host == "::1")
        #expect(configuration.port == 6380)
        #expect(configuration.description == "redis://[::1]:6380/0")
    }

    private struct Section: SettingsSection {
        static let section = "redis"
        let redis: RedisSettings
        init(from reader: SettingsReader) { redis = RedisSettings(from: reader) }
    }

    @Test func `the section redis of the settings says where and as whom`() throws {
        let yaml = "redis: { url: \"redis://cache.example:7001/3\", username: ann, password: p@ss }"
        let settings = try SettingsDocument(yaml: yaml, environment: [:], overrides: []).decode(Section.self).redis
        let configuration = RedisConfiguration(settings)
        #expect(configuration == (try RedisConfiguration(url: "redis://ann:p%40ss@cache.example:7001/3")))
    }

    @Test func `TLS is refused with a sentence`() {
        let error = #expect(throws: RedisError.self) { try RedisConfiguration(url: "rediss://h") }
        #expect(error?.code == .tlsUnsupported)
        #expect(
            error?.description == "cannot use rediss:// for Redis: this build's hiredis speaks no TLS; use redis://")
    }

    @Test(arguments: [
        "h:6379", "redis://", "redis://h:x", "redis://h:70000", "redis://h/x", "redis://u@h", "redis://:%zz@h",
    ])
    func `a URL that is wrong is refused, and never quoted`(url: String) {
        let error = #expect(throws: RedisError.self) { try RedisConfiguration(url: url) }
        #expect(error?.code == .invalidURL)
        #expect(error?.isRetriable == false)
        #expect(error?.description.contains("@h") == false)
    }
}
