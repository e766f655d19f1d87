import Settings
import Testing

private enum Mode: String, CaseIterable {
    case fast, careful
}

/// Has one key of each kind.
private struct Sample: SettingsSection {
    static let section = "preprocessor"

    init(from reader: SettingsReader) {
        _ = reader.int("count", default: 1, in: 1...10, "")
        _ = reader.double("ratio", default: 0.5, in: 0...1, "")
        _ = reader.bool("enabled", default: true, "")
        _ = reader.duration("linger", default: .milliseconds(5), in: .zero ... .seconds(10), "")
        _ = reader.bytes("limit", default: .mebibytes(64), in: .kibibytes(1) ... .gibibytes(1), "")
        _ = reader.choice("mode", default: Mode.fast, "")
        _ = reader.strings("topics", default: [], "")
        for rule in reader.items("rules") {
            _ = rule.requiredString("sensor", "The sensor type.")
            _ = rule.double("minimum", "")
        }
    }
}

@Suite struct ProblemTests {
    private func problems(_ yaml: String, environment: [String: String] = [:], flags: [String] = []) -> [String] {
        SettingsDocument(yaml: yaml, environment: environment, overrides: flags)
            .validate([Sample.self]).map(\.description)
    }

    private func problem(of line: String) -> String {
        problems("preprocessor:\n  \(line)\n").joined(separator: "\n")
    }

    @Test func `good settings have no problems`() {
        let yaml = """
            preprocessor:
              count: 3
              linger: 1s500ms
              limit: 1MB
              rules:
                - sensor: temperature
                  minimum: -50
            """
        #expect(problems(yaml).isEmpty)
    }

    @Test func `a misspelt key is found, with the right one`() {
        let expected = "sluice.yaml:2:3: preprocessor.cuont: unknown key; did you mean 'count'?"
        #expect(problem(of: "cuont: 3") == expected)
    }

    @Test func `a misspelt section is found`() {
        let expected = "sluice.yaml:1:1: preprocesor: unknown key; did you mean 'preprocessor'?"
        #expect(problems("preprocesor: {}") == [expected])
    }

    @Test func `a key that resembles none names those that there are`() {
        #expect(
            problem(of: "zzz: 3").hasSuffix(
                "unknown key; known are count, enabled, limit, linger, mode, ratio, rules, topics"))
    }

    @Test func `wrong types say what was expected and what was found`() {
        let place = "sluice.yaml:2:"
        #expect(problem(of: "count: many") == "\(place)10: preprocessor.count: expected a whole number, found 'many'")
        #expect(problem(of: "count: 2.0").hasSuffix("found '2.0'; write 2"))
        #expect(problem(of: "count: [1]").hasSuffix("expected a whole number, found a list"))
        #expect(problem(of: "ratio: nan").hasSuffix("expected a finite number, found 'nan'"))
        #expect(problem(of: "enabled: yes").hasSuffix("expected true or false, found 'yes'; write true"))
        #expect(problem(of: "topics: a").hasSuffix("expected a list, found 'a'; write [a]"))
        #expect(problem(of: "rules: {}").hasSuffix("expected a list of mappings, found a mapping"))
        #expect(
            problem(of: "mode: fats").hasSuffix("expected one of fast, careful, found 'fats'; did you mean 'fast'?"))
    }

    @Test func `a duration without a unit is refused`() {
        #expect(problem(of: "linger: 5").hasSuffix("found '5'; write a unit, as in '5s' or '5ms'"))
    }

    @Test func `a size with an unknown unit is refused`() {
        #expect(problem(of: "limit: 64M").hasSuffix("expected a size such as 64MiB or 1MB, found '64M'; write 64MB"))
        #expect(problem(of: "limit: 64mib").hasSuffix("found '64mib'; write 64MiB"))
    }

    @Test func `values out of range name the range`() {
        let expected = "count: 11 is out of range; between 1 and 10, for example 10"
        #expect(problem(of: "count: 11").hasSuffix(expected))
        #expect(problem(of: "linger: 11s").hasSuffix("11s is out of range; between 0s and 10s, for example 10s"))
        #expect(problem(of: "limit: 2GiB").hasSuffix("2GiB is out of range; between 1KiB and 1GiB, for example 1GiB"))
    }

    @Test func `all problems are reported together, in the order of the file`() {
        let yaml = """
            preprocessor:
              mode: quick
              count: 0
              rules:
                - sensor: temperature
                  minimum: low
                - minimun: 4
            """
        let problems = problems(yaml)
        #expect(problems.count == 5)
        #expect(problems.dropFirst().first?.hasPrefix("sluice.yaml:3:10: preprocessor.count") == true)
        #expect(problems.contains { $0.hasPrefix("sluice.yaml:6:16: preprocessor.rules[0].minimum: expected") })
        #expect(
            problems.contains("sluice.yaml:7:7: preprocessor.rules[1].minimun: unknown key; did you mean 'minimum'?"))
        #expect(problems.contains("preprocessor.rules[1].sensor: is required: The sensor type."))
    }

    @Test func `problems of variables and flags name them`() {
        let environment = ["SLUICE_PREPROCESSOR__COUNT": "x", "SLUICE_PREPROCESSOR__CONUT": "1"]
        let problems = problems("", environment: environment, flags: ["preprocessor.ratio=2", "broken"])
        #expect(
            problems.contains(
                "environment SLUICE_PREPROCESSOR__COUNT: preprocessor.count: expected a whole number, found 'x'"))
        #expect(
            problems.contains(
                "environment SLUICE_PREPROCESSOR__CONUT: preprocessor.conut: unknown key; did you mean 'count'?"))
        #expect(problems.contains { $0.hasPrefix("--set preprocessor.ratio: preprocessor.ratio: 2.0 is out of range") })
        #expect(problems.contains("--set broken: no value; write --set path=value"))
    }

    @Test func `text that is no YAML is a problem at its line`() {
        #expect(problems("preprocessor:\n  a: [1\nb: 2").first?.hasPrefix("sluice.yaml:3:") == true)
        #expect(problems("just text") == ["sluice.yaml:1:1: expected sections, found 'just text'"])
    }

    @Test func `a key written twice is a problem`() {
        #expect(problem(of: "count: 1\n  count: 2").contains("'count' is written twice"))
    }

    @Test func `a file that does not exist is a problem`() {
        let document = SettingsDocument(file: "/nonexistent/sluice.yaml", environment: [:])
        #expect(throws: InvalidSettings.self) { try document.decode(Sample.self) }
    }

    @Test func `sections of other services are left alone`() throws {
        let document = SettingsDocument(yaml: "aggregator: { anything: 1 }", environment: [:])
        _ = try document.decode(Sample.self)
    }
}
