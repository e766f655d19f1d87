import Settings
import Testing

private struct Rules: SettingsSection {
    static let section = "preprocessor"
    let limits: [Double]

    init(from reader: SettingsReader) {
        _ = reader.string("name", default: "# odd", "")
        limits = reader.items("rules").map { rule in
            _ = rule.requiredString("sensor", "")
            return rule.double("minimum", default: 0, "")
        }
        _ = reader.section("cache").duration("refresh", default: .seconds(90), "", reload: .hot)
    }
}

@Suite struct EffectiveTests {
    @Test func `what is effective is shown with its origin`() throws {
        let yaml = "preprocessor:\n  rules:\n    - { sensor: a, minimum: 1 }\n    - sensor: b\n"
        let document = SettingsDocument(yaml: yaml, environment: ["SLUICE_PREPROCESSOR__CACHE__REFRESH": "1h"])
        _ = try document.decode(Rules.self)
        let expected = """
            preprocessor:
              name: "# odd"  # default
              rules:
                - sensor: a  # sluice.yaml:3:17
                  minimum: 1.0  # sluice.yaml:3:29
                - sensor: b  # sluice.yaml:4:15
                  minimum: 0.0  # default
              cache:
                refresh: 1h  # environment SLUICE_PREPROCESSOR__CACHE__REFRESH

            """
        #expect(document.effectiveYAML() == expected)
    }

    @Test func `what is shown can be read again`() throws {
        let document = SettingsDocument(
            yaml: "preprocessor: { name: 'a: \"b\" #c', rules: [{ sensor: a, minimum: 5 }] }", environment: [:])
        _ = try document.decode(Rules.self)
        let again = SettingsDocument(yaml: document.effectiveYAML(), environment: [:])
        #expect(try again.decode(Rules.self).limits == [5])
        #expect(again.effective.map(\.value) == document.effective.map(\.value))
    }

    @Test func `a setting knows its policy and its documentation`() throws {
        let document = SettingsDocument(yaml: "", environment: [:])
        _ = try document.decode(Rules.self)
        #expect(document.effective.first { $0.path == "preprocessor.cache.refresh" }?.reload == .hot)
    }
}
