import Foundation
import Glibc
import Settings
import Testing

private struct Stage: SettingsSection {
    static let section = "preprocessor"
    let pipes: PipeSettings
    let mqtt: MQTTSettings
    let postgres: PostgreSQLSettings

    init(from reader: SettingsReader) {
        pipes = PipeSettings(from: reader)
        mqtt = MQTTSettings(from: reader.shared("mqtt"))
        postgres = PostgreSQLSettings(from: reader.shared("postgres"))
    }
}

struct FileTrustTests {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "sluice-trust-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func file(_ name: String, _ text: String, mode: mode_t, owner: uid_t = 0, group: gid_t = 0) throws -> String
    {
        let path = "\(folder)/\(name)"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        if geteuid() == 0 { try #require(chown(path, owner, group) == 0) }
        try #require(chmod(path, mode) == 0)
        return path
    }

    private func problems(_ path: String) -> [String] {
        SettingsDocument(file: path, environment: [:]).validate([Stage.self]).map(\.description)
    }

    @Test func `settings that others may write are refused, with the command that mends it`() throws {
        let path = try file("sluice.yaml", "mqtt: {}\n", mode: 0o646)
        #expect(problems(path) == ["others may write \(path) (mode 0646); chmod go-w '\(path)'"])
        try #require(chmod(path, 0o644) == 0)
        #expect(problems(path).isEmpty)
    }

    @Test func `a group of its owner's alone may write, another may not`() throws {
        let own = try file("own.yaml", "mqtt: {}\n", mode: 0o664, owner: 1_000, group: 1_000)
        #expect(problems(own).isEmpty)
        guard geteuid() == 0 else { return }
        let shared = try file("shared.yaml", "mqtt: {}\n", mode: 0o664, owner: 1_000, group: 50)
        #expect(problems(shared).first?.contains("others may write \(shared) (mode 0664)") == true)
    }

    @Test func `a password's file may be read by others and not written`() throws {
        let password = try file("password", "hunter2\n", mode: 0o444)
        let settings = try file("sluice.yaml", "mqtt: { password_file: \(password) }\n", mode: 0o600)
        #expect(problems(settings).isEmpty)
        try #require(chmod(password, 0o666) == 0)
        #expect(
            problems(settings)
                == [
                    "\(settings):1:24: mqtt.password_file: others may write \(password) (mode 0666); chmod go-w '\(password)'"
                ])
    }

    @Test func `a private key may not even be read by others`() throws {
        let key = try file("own.key", "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6\n", mode: 0o604)
        let settings = try file(
            "sluice.yaml",
            """
            pipes: { curve: { secret_key_file: \(key), known_keys: /k } }
            mqtt: { url: "mqtts://broker", tls: { certificate_file: /c, key_file: \(key) } }
            """, mode: 0o600)
        let found = problems(settings)
        #expect(found.count == 2)
        for text in found {
            #expect(text.contains("others may read the private key \(key) (mode 0604); chmod o-rwx '\(key)'"))
        }
        try #require(chmod(key, 0o640) == 0)
        #expect(problems(settings).isEmpty)
    }

    @Test func `a private key among the settings wants them to be as secret`() throws {
        let text = "pipes: { curve: { secret_key: 'JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6', known_keys: /k } }\n"
        let settings = try file("sluice.yaml", text, mode: 0o644)
        let found = problems(settings)
        #expect(found.count == 1 && !found.joined().contains("JTKVSB"))
        #expect(
            found.first?.contains(
                "pipes.curve.secret_key: others may read the private key \(settings) (mode 0644); chmod o-rwx") == true)
        try #require(chmod(settings, 0o640) == 0)
        #expect(problems(settings).isEmpty)
    }

    @Test(arguments: ["sslrootcert", "sslcert", "sslcrl", "sslkey", "passfile"])
    func `a file that the database's URL names is looked at, too`(parameter: String) throws {
        let named = try file("it's 1.pem", "x", mode: 0o646)
        let escaped = named.replacing("'", with: "%27").replacing(" ", with: "%20")
        let settings = try file(
            "sluice.yaml",
            "postgres: { url: \"postgres://u@db/d?sslmode=verify-full&\(parameter)=\(escaped)&connect_timeout=5\" }\n",
            mode: 0o600)
        #expect(problems(settings).first?.contains("postgres.url: others may write \(named) (mode 0646)") == true)
        try #require(chmod(named, 0o644) == 0)
        let isPrivate = ["sslkey", "passfile"].contains(parameter)
        #expect(problems(settings).map { $0.contains("others may read the private key") } == (isPrivate ? [true] : []))
        try #require(chmod(named, 0o600) == 0)
        #expect(problems(settings).isEmpty)
    }

    @Test func `a file is judged as it was read`() throws {
        let path = try file("word", "hunter2", mode: 0o602)
        #expect(FileTrust.written.read(path)?.text == "hunter2" && FileTrust.written.read(path)?.breach != nil)
        try Data([0xFF, 0xFE]).write(to: URL(filePath: path))
        #expect(FileTrust.written.read(path) == nil && FileTrust.written.read("\(folder)/nothing") == nil)
    }

    @Test func `settings that nobody named are believed when they are one's own or root's`() throws {
        guard geteuid() == 0 else { return }
        let path = try file("sluice.yaml", "mqtt: {}\n", mode: 0o644, owner: 1_000, group: 1_000)
        func problems(_ trust: FileTrust) -> [String] {
            SettingsDocument(file: path, trust: trust, environment: [:]).validate([Stage.self]).map(\.description)
        }
        #expect(
            problems(.found) == [
                "\(path), which nobody named, belongs to user 1000; name it by --config or SLUICE_CONFIG, or chown it"
            ])
        #expect(problems(.written).isEmpty)
        try #require(chown(path, 0, 0) == 0)
        #expect(problems(.found).isEmpty)
    }

    @Test func `what is no file is nobody's to judge`() {
        #expect(FileTrust.written.breach(of: "/dev/null") == nil)
        #expect(FileTrust.privateKey.breach(of: "\(folder)/nothing") == nil)
    }
}
