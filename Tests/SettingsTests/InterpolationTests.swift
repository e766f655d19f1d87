import Settings
import Testing

private struct Texts: SettingsSection {
    static let section = "pipeline"
    let version: String
    let partitions: Int

    init(from reader: SettingsReader) {
        version = reader.string("version", default: "", "")
        partitions = reader.int("partitions", default: 0, "")
    }
}

@Suite struct InterpolationTests {
    private let environment = ["NAME": "blue", "EMPTY": "", "COUNT": "12"]

    private func version(_ text: String) throws -> String {
        try SettingsDocument(yaml: "pipeline:\n  version: \(text)", environment: environment).decode(Texts.self).version
    }

    private func problem(_ text: String) -> String {
        SettingsDocument(yaml: "pipeline:\n  version: \(text)", environment: environment)
            .validate([Texts.self]).map(\.description).joined(separator: "\n")
    }

    @Test func `references become values`() throws {
        #expect(try version("a-${NAME}-z") == "a-blue-z")
        #expect(try version("${NAME}${NAME}") == "blueblue")
    }

    @Test func `defaults stand in for what is unset or empty`() throws {
        #expect(try version("${UNSET:-green}") == "green")
        #expect(try version("${EMPTY:-green}") == "green")
        #expect(try version("${NAME:-green}") == "blue")
    }

    @Test func `two dollar signs are one`() throws {
        #expect(try version("$${NAME} costs 5$") == "${NAME} costs 5$")
    }

    @Test func `a reference can give a number`() throws {
        let document = SettingsDocument(yaml: "pipeline: { partitions: \"${COUNT}\" }", environment: environment)
        #expect(try document.decode(Texts.self).partitions == 12)
    }

    @Test func `a missing variable is a problem at its line`() {
        let expected = "sluice.yaml:2:12: pipeline.version: environment variable UNSET is not set"
        #expect(problem("${UNSET}") == "\(expected); set it, or write '${UNSET:-default}'")
    }

    @Test func `a required variable says its message`() {
        #expect(problem("${UNSET:?say the colour}") == "sluice.yaml:2:12: pipeline.version: UNSET: say the colour")
    }

    @Test func `broken references are problems`() {
        #expect(problem("${NAME").contains("'${' without '}'"))
        #expect(problem("${NAME+x}").contains("write ${VAR}, ${VAR:-default} or ${VAR:?message}"))
    }
}
