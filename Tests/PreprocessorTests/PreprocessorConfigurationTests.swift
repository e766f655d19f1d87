import Foundation
import Settings
import Testing

@testable import Preprocessor

@Suite struct PreprocessorConfigurationTests {
    @Test func `without rules the three of the original system hold, and then the location`() throws {
        let rules = try configuration("preprocessor: {}").rules
        #expect(
            rules == [
                .range(RangeSettings(sensor: "temperature", range: -50...150, action: .reject)),
                .range(RangeSettings(sensor: "humidity", range: 0...100, action: .clamp)),
                .range(RangeSettings(sensor: "pressure", range: 800...1_200, action: .reject)),
                .location,
            ])
    }

    @Test func `the sample shows the defaults`() throws {
        let folder = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
        let sample = try String(contentsOfFile: "\(folder)/Services/preprocessor/sample.yaml", encoding: .utf8)
        // Keys have no default.
        let options = sample.split(separator: "\n", omittingEmptySubsequences: false).map(uncommented).filter {
            !$0.contains(#/(curve|secret_key_file|known_keys):/#)
        }
        let shown = SettingsDocument(yaml: options.joined(separator: "\n"), environment: [:], overrides: [])
        let written = try shown.decode(PreprocessorConfiguration.self)
        let defaults = try configuration("")
        #expect(written.rules == defaults.rules)
        #expect(written.bind == defaults.bind)
        #expect(written.credit == defaults.credit)
        #expect(written.upstream == defaults.upstream)
        #expect(written.registryRefresh == defaults.registryRefresh)
        #expect(written.pipeline.version == defaults.pipeline.version)
        #expect(written.postgres.url == defaults.postgres.url)
        #expect(written.redis.url == defaults.redis.url)
    }

    /// An option that is commented out, as somebody would switch it on; prose, which has a capital, stays a comment.
    private func uncommented(_ line: Substring) -> String {
        let text = line.drop { $0 == " " }
        guard text.hasPrefix("# "), text.dropFirst(2).first?.isUppercase == false else { return String(line) }
        return String(line.prefix { $0 == " " }) + text.dropFirst(2)
    }

    @Test func `an empty list is no rule at all`() throws {
        #expect(try configuration("preprocessor: { rules: [] }").rules.isEmpty)
    }

    @Test func `rules keep their order, may be open at one end, and are ranges unless they say otherwise`() throws {
        let rules = try configuration(
            """
            preprocessor:
              rules:
                - { type: range, sensor: flow, min: 0 }
                - { type: location }
                - { sensor: "*", max: 1e6, outside: clamp }
            """
        ).rules
        #expect(
            rules == [
                .range(RangeSettings(sensor: "flow", range: 0 ... .infinity, action: .reject)),
                .location,
                .range(RangeSettings(sensor: "*", range: -.infinity...1e6, action: .clamp)),
            ])
    }

    @Test(arguments: [
        ("{ sensor: flow }", "neither min nor max"), ("{ sensor: flow, min: 2, max: 1 }", "above max"),
        ("{ min: 2 }", "sensor"), ("{ sensor: flow, min: 2, outside: ignore }", "clamp"),
        ("{ sensor: flow, minimum: 2, max: 3 }", "minimum"),
        ("{ type: rnage, sensor: flow, min: 2 }", "expected one of range, location"),
        ("{ type: location, sensor: flow }", "sensor: unknown key"),
    ])
    func `a rule that makes no sense is refused with its place`(rule: String, expected: String) throws {
        let error = #expect(throws: InvalidSettings.self) {
            try configuration("preprocessor:\n  rules:\n    - \(rule)\n")
        }
        let text = String(describing: try #require(error))
        #expect(text.contains(expected), "\(text)")
        #expect(text.contains("preprocessor.rules[0]"), "\(text)")
    }

    @Test func `the location is listed once at most`() throws {
        let error = #expect(throws: InvalidSettings.self) {
            try configuration("preprocessor:\n  rules: [{ type: location }, { type: location }]\n")
        }
        #expect(String(describing: try #require(error)).contains("location is listed twice"))
    }
}
