import Foundation
import Settings
import Testing

private struct Broker: SettingsSection {
    static let section = "mqtt"
    let settings: MQTTSettings

    init(from reader: SettingsReader) {
        settings = MQTTSettings(from: reader)
    }
}

private struct Database: SettingsSection {
    static let section = "postgres"
    let settings: PostgreSQLSettings

    init(from reader: SettingsReader) {
        settings = PostgreSQLSettings(from: reader)
    }
}

@Suite struct SecretTests {
    private func file(_ content: String) throws -> String {
        let path = NSTemporaryDirectory() + "sluice-secret-\(UUID().uuidString)"
        try content.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @Test func `a secret comes from the file that the YAML names`() throws {
        let path = try file("s3cret\n")
        defer { try? FileManager.default.removeItem(atPath: path) }
        let document = SettingsDocument(yaml: "mqtt: { password_file: \(path) }", environment: [:])
        #expect(try document.decode(Broker.self).settings.password?.reveal() == "s3cret")
    }

    @Test func `a file from the environment is over a secret in the YAML`() throws {
        let path = try file("from file")
        defer { try? FileManager.default.removeItem(atPath: path) }
        let environment = ["SLUICE_MQTT__PASSWORD_FILE": path]
        let document = SettingsDocument(yaml: "mqtt: { password: plain }", environment: environment)
        #expect(try document.decode(Broker.self).settings.password?.reveal() == "from file")
    }

    @Test func `a secret and its file in one source contradict each other`() {
        let document = SettingsDocument(yaml: "mqtt:\n  password: a\n  password_file: /b", environment: [:])
        let problems = document.validate([Broker.self]).map(\.description)
        #expect(
            problems.first
                == "sluice.yaml:3:18: mqtt.password_file: both 'password' and 'password_file' are written; keep one")
    }

    @Test func `a secret's file that cannot be read is a problem`() {
        let document = SettingsDocument(yaml: "mqtt: { password_file: /nonexistent }", environment: [:])
        #expect(document.validate([Broker.self]).first?.message == "cannot read '/nonexistent' as text")
    }

    @Test func `secrets do not show`() throws {
        let environment = ["SLUICE_POSTGRES__URL": "postgres://u:hunter2@db/x"]
        let document = SettingsDocument(
            yaml: "mqtt: { password: hunter2, url: 'mqtts://u:hunter2@h' }", environment: environment,
            overrides: ["postgres.password=hunter2"])
        let broker = try document.decode(Broker.self)
        let database = try document.decode(Database.self)
        #expect(broker.settings.password?.reveal() == "hunter2")
        #expect(database.settings.url == "postgres://u:hunter2@db/x")
        let shown = document.effectiveYAML()
        #expect(!shown.contains("hunter2"))
        #expect(shown.contains("url: postgres://u:<redacted>@db/x  # environment SLUICE_POSTGRES__URL"))
        #expect(shown.contains("password: <redacted>  # --set postgres.password"))
        #expect(!"\(broker.settings.password as Any)".contains("hunter2"))
        var dumped = ""
        dump(broker.settings.password, to: &dumped)
        #expect(!dumped.contains("hunter2"))
    }

    @Test func `the broker's URL gives host, port, user and TLS`() throws {
        let yaml = "mqtt: { url: 'mqtts://me:pw@broker.example' }"
        let broker = try SettingsDocument(yaml: yaml, environment: [:]).decode(Broker.self).settings
        #expect(broker.host == "broker.example")
        #expect(broker.port == 8883)
        #expect(broker.username == "me")
        #expect(broker.password?.reveal() == "pw")
        #expect(broker.tls?.verification == .full)
    }

    @Test func `a URL of another kind is refused`() {
        let document = SettingsDocument(yaml: "mqtt: { url: http://h }", environment: [:])
        #expect(document.validate([Broker.self]).first?.message == "is no MQTT URL")
    }

    @Test(arguments: [
        ("postgres://u:pw@h/d", "postgres://u:<redacted>@h/d"),
        ("postgres://u:p/w@x@h/d", "postgres://u:<redacted>@h/d"),
        ("redis://:pw@h:6379", "redis://:<redacted>@h:6379"),
        ("postgres://u@h/d?sslpassword=pw&password=pw", "postgres://u@h/d?sslpassword=<redacted>&password=<redacted>"),
        ("https://u:pw@h/p?token=abc", "https://u:<redacted>@h/<redacted>"),
        ("mqtt://h:1883", "mqtt://h:1883"), ("plain: a@b", "plain: a@b"),
    ])
    func `passwords in URLs are hidden`(url: String, shown: String) {
        #expect(Redaction.withoutPassword(url) == shown)
    }
}

@Suite struct OperatorTokenTests {
    private struct Section: SettingsSection {
        static let section = "http"
        let http: HTTPSettings
        init(from reader: SettingsReader) { http = HTTPSettings(from: reader) }
    }

    private func token(_ text: String) throws -> Secret? {
        try SettingsDocument(yaml: "http: {operator_token: '\(text)'}", environment: [:]).decode(Section.self).http
            .operatorToken
    }

    @Test func `an operators' token is redacted when settings are shown`() throws {
        let document = SettingsDocument(yaml: "http: {operator_token: abc-123}", environment: [:])
        #expect(try document.decode(Section.self).http.operatorToken?.reveal() == "abc-123")
        #expect(document.effectiveYAML().contains("operator_token: <redacted>"))
        #expect(!document.effectiveYAML().contains("abc"))
    }

    @Test(arguments: ["", " ", "two words", "ümlaut", "==", "a=b", "a\tb"])
    func `what no header can carry is no token`(text: String) {
        #expect(throws: InvalidSettings.self) { try token(text) }
    }

    @Test func `secrets are compared whole`() throws {
        let secret = try #require(try token("abcd"))
        #expect(secret.isEqual(to: "abcd"))
        for other in ["", "a", "abc", "abcde", "abcdabcd", "abce", "Abcd"] { #expect(!secret.isEqual(to: other)) }
        #expect(!Secret("").isEqual(to: ""))
    }
}

/// What a URL holds, and what is said of one that cannot be used.
@Suite struct ServerURLTests {
    private struct Cache: SettingsSection {
        static let section = "redis"
        let settings: RedisSettings
        init(from reader: SettingsReader) { settings = RedisSettings(from: reader) }
    }

    private func problems(_ yaml: String) -> [String] {
        SettingsDocument(yaml: yaml, environment: [:]).validate([Database.self, Cache.self]).map(\.description)
    }

    @Test(arguments: ["pl4nted@rest", "pl4nted/rest", "12/pl4nted", "a:pl4nted", "pl4nted#1", "@@pl4nted"])
    func `a password that is not percent-encoded is refused and not repeated`(password: String) {
        let found = problems("postgres: { url: 'postgres://sluice:\(password)@db/sluice' }")
        #expect(found.first?.contains("write %40 for @") == true, "\(found)")
        #expect(!found.joined().contains("pl4nted"))
    }

    @Test(arguments: [
        "postgres://sluice@db/sluice", "postgres://sluice:p%40ss@[::1]:5432/sluice?sslmode=verify-full",
        "postgres:///sluice?host=/run/postgresql", "postgres://a:b@db1:1,db2:2/x", "postgres://db/x?user=a@b",
    ])
    func `ordinary URLs are taken`(url: String) {
        #expect(problems("postgres: { url: '\(url)' }").isEmpty)
    }

    @Test func `TLS towards Redis is refused with what to do instead`() {
        let found = problems("redis: { url: 'rediss://sluice:pl4nted@cache' }")
        #expect(found.count == 1 && found.joined().contains("hiredis") && found.joined().contains("stunnel"))
        #expect(!found.joined().contains("pl4nted"))
    }
}
