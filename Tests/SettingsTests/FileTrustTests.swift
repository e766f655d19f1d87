import Foundation
import Glibc
import Settings
import Testing

private struct Stage: SettingsSection {
    static let section = "preprocessor"
    let pipes: PipeSettings
    let mqtt: MQTTSettings

    init(from reader: SettingsReader) {
        pipes = PipeSettings(from: reader)
        mqtt = MQTTSettings(from: reader.shared("mqtt"))
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

    @Test func `what is no file is nobody's to judge`() {
        #expect(FileTrust.written.breach(of: "/dev/null") == nil)
        #expect(FileTrust.privateKey.breach(of: "\(folder)/nothing") == nil)
    }
}
