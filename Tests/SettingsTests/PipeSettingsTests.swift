import Foundation
import Settings
import Testing

private struct Stage: SettingsSection {
    static let section = "preprocessor"
    let pipes: PipeSettings

    init(from reader: SettingsReader) {
        let bind = reader.string("bind", default: "tcp://127.0.0.1:0", "")
        let upstream = reader.strings("upstream", default: [], "")
        pipes = PipeSettings(from: reader, bind: bind, upstream: upstream)
    }
}

struct PipeSettingsTests {
    private static let key = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"

    private func problems(_ yaml: String) -> [String] {
        SettingsDocument(yaml: yaml, environment: [:]).validate([Stage.self]).map(\.description)
    }

    @Test func `a key is read and written as RFC 32 has it`() {
        let bytes: [UInt8] = [
            0x8E, 0x0B, 0xDD, 0x69, 0x76, 0x28, 0xB9, 0x1D, 0x8F, 0x24, 0x55, 0x87, 0xEE, 0x95, 0xC5, 0xB0, 0x4D, 0x48,
            0x96, 0x3F, 0x79, 0x25, 0x98, 0x77, 0xB4, 0x9C, 0xD9, 0x06, 0x3A, 0xEA, 0xD3, 0xB7,
        ]
        #expect(CurveKey(Self.key)?.bytes == bytes)
        #expect(CurveKey(bytes: bytes)?.text == Self.key)
        // The last is 40 digits, too large for 32 bytes.
        for wrong in ["", "short", Self.key + "0", Self.key.dropLast() + "~", String(repeating: "#", count: 40)] {
            #expect(CurveKey(wrong) == nil)
        }
    }

    @Test(arguments: [
        "tcp://127.0.0.1:0", "tcp://127.1.2.3:5601", "tcp://[::1]:5601", "tcp://localhost:5601", "ipc:///run/pipe",
    ])
    func `pipes without keys may stay on this machine`(address: String) {
        #expect(problems("preprocessor: { bind: '\(address)', upstream: ['\(address)'] }").isEmpty)
    }

    @Test(arguments: [
        "tcp://*:5601", "tcp://0.0.0.0:5601", "tcp://[::]:5601", "tcp://ingest:5601", "tcp://127.evil.example:5601",
    ])
    func `pipes without keys do not leave this machine unless told so`(address: String) throws {
        for key in ["bind", "upstream"] {
            let value = key == "bind" ? "'\(address)'" : "['\(address)']"
            let found = problems("preprocessor: { \(key): \(value) }")
            #expect(found.count == 1)
            let text = try #require(found.first)
            #expect(
                text.contains("preprocessor.\(key): \(address) is a pipe to other machines without keys"), "\(text)")
            #expect(text.contains("sluice keygen") && text.contains("pipes.plaintext: anywhere"))
            #expect(problems("preprocessor: { \(key): \(value) }\npipes: { plaintext: anywhere }").isEmpty)
            #expect(
                problems(
                    "preprocessor: { \(key): \(value) }\npipes: { curve: { secret_key: '\(Self.key)', known_keys: /k } }"
                ).isEmpty)
        }
    }

    @Test func `keys come together, and a wrong one is not repeated`() {
        #expect(
            problems("pipes: { curve: { secret_key: '\(Self.key)' } }").first?.contains("known_keys: is required")
                == true)
        #expect(problems("pipes: { curve: { known_keys: /k } }").first?.contains("there is no secret_key") == true)
        let wrong = problems("pipes: { curve: { secret_key: planted-secret, known_keys: /k } }")
        #expect(wrong.count == 1 && wrong.first?.contains("is no CURVE key") == true)
        #expect(!wrong.joined().contains("planted-secret"))
    }
}
