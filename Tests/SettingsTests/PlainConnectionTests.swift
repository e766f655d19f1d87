import Settings
import Testing

/// Servers on other machines that are asked without TLS.
@Suite struct PlainConnectionTests {
    private struct Servers: SettingsSection {
        static let section = "service"
        init(from reader: SettingsReader) {
            _ = PostgreSQLSettings(from: reader.shared("postgres"))
            _ = RedisSettings(from: reader.shared("redis"))
            _ = MQTTSettings(from: reader.shared("mqtt"))
        }
    }

    private func warnings(_ yaml: String) throws -> [String] {
        let document = SettingsDocument(yaml: yaml, environment: [:])
        _ = try document.decode(Servers.self)
        return document.warnings.map(\.description)
    }

    @Test(arguments: [
        "postgres: { url: 'postgres://sluice:secret@db.example/sluice' }",
        "postgres: { url: 'postgres://sluice@db.example:5432/sluice?sslmode=require' }",
        "postgres: { url: 'postgres://sluice@127.0.0.1,db.example/sluice' }",
        "postgres: { url: 'postgres:///sluice?host=db.example' }",
        "postgres: { url: 'postgres://sluice@[2001:db8::1]/sluice' }",
        "redis: { url: 'redis://:secret@cache.example' }", "mqtt: { url: 'mqtt://sluice:secret@broker.example' }",
        "service: { mqtt: { url: 'tcp://broker.example' } }",
        "mqtt: { tls: {verification: none}, url: 'mqtts://broker.example' }",
        "postgres: { url: 'postgres://a@db.example/b?sslmode=verify-full&sslmode=disable' }",
        "postgres: { url: 'postgres:///?service=plant' }",
    ])
    func `one that others can listen to is warned of, with its place, and without its password`(yaml: String) throws {
        let warnings = try warnings(yaml)
        #expect(warnings.count == 1, "\(warnings)")
        #expect(warnings.first?.contains("can read and change what goes there") == true)
        #expect(warnings.first?.hasPrefix("sluice.yaml:1:") == true && warnings.first?.contains("secret") == false)
        let told = yaml.replacing(" }", with: ", plaintext: anywhere }", maxReplacements: 1)
        #expect(try self.warnings(told).isEmpty)
    }

    @Test(arguments: [
        "", "postgres: { url: 'postgres://sluice@localhost/sluice' }", "postgres: { url: 'postgres:///sluice' }",
        "postgres: { url: 'postgres:///sluice?host=/run/postgresql' }",
        "postgres: { url: 'postgres://%2Frun%2Fpg/sluice' }",
        "postgres: { url: 'postgres://sluice@[::1]:5432/sluice' }",
        "postgres: { url: 'postgres://a@db.example/b?sslrootcert=ca.pem&sslmode=verify-full' }",
        "redis: { url: 'redis://:secret@127.0.0.2' }", "mqtt: { url: 'mqtts://sluice:secret@broker.example' }",
    ])
    func `one on this machine, or that is asked by TLS, is not`(yaml: String) throws {
        #expect(try warnings(yaml).isEmpty)
    }
}
