import Settings
import Testing

/// Lists as services have them: one whose items need a restart but for one key, and one that is hot as a whole.
private struct Lists: SettingsSection {
    static let section = "lists"

    init(from reader: SettingsReader) {
        for item in reader.items("parts") {
            _ = item.string("type", default: "", "Of what kind.")
            _ = item.string("name", "What it is called.")
            _ = item.int("size", default: 1, "How large.")
            _ = item.int("pace", default: 1, "How fast.", reload: .hot)
        }
        for item in reader.items("rules") {
            _ = item.string("type", default: "range", "Of what kind.", reload: .hot)
            _ = item.string("sensor", "For which sensor.", reload: .hot)
            _ = item.int("max", default: 1, "The most.", reload: .hot)
        }
    }
}

@Suite struct ChangesTests {
    private func read(_ yaml: String) throws -> [EffectiveSetting] {
        let document = SettingsDocument(yaml: "lists: { \(yaml) }", environment: [:])
        _ = try document.decode(Lists.self)
        return document.effective
    }

    /// What differs, and what runs then.
    private func reload(_ old: String, _ new: String) throws -> (changes: SettingsChanges, running: [EffectiveSetting])
    {
        let (old, new) = (try read(old), try read(new))
        let changes = SettingsChanges(from: old, to: new)
        return (changes, changes.applied(to: old, from: new))
    }

    private let parts = "parts: [{ type: a, size: 1 }, { type: b, size: 2 }]"

    @Test func `what did not change is not named, wherever it stands`() throws {
        let (changes, _) = try reload(
            parts, "parts: [{ type: c, size: 9 }, { type: a, size: 1 }, { type: b, size: 3 }]")
        #expect(changes.hot.isEmpty)
        #expect(changes.restart == ["lists.parts[b].size", "lists.parts[c]"])
    }

    @Test func `what is hot is taken over by the item of that name, and the list stays until the restart`() throws {
        let wanted = "parts: [{ type: c, pace: 5 }, { type: b, size: 2, pace: 7 }]"
        let (changes, running) = try reload(parts, wanted)
        #expect(changes.hot == ["lists.parts[b].pace"])
        #expect(changes.restart == ["lists.parts[a]", "lists.parts[c]"])
        #expect(
            running.yaml.replacing(#/ +#.*/#, with: "") == """
                lists:
                  parts:
                    - type: a
                      name: ~
                      size: 1
                      pace: 1
                    - type: b
                      name: ~
                      size: 2
                      pace: 7

                """)
        // It is told of until the process starts again.
        let again = SettingsChanges(from: running, to: try read(wanted))
        #expect(again.hot.isEmpty && again.restart == changes.restart)
    }

    @Test func `another order is a change of the list`() throws {
        let (changes, running) = try reload(parts, "parts: [{ type: b, size: 2 }, { type: a, size: 1 }]")
        #expect(changes.restart == ["lists.parts"] && changes.hot.isEmpty)
        #expect(running.filter { $0.path.hasSuffix("type") }.map(\.value) == ["a", "b"])
    }

    @Test func `a list that is hot is taken over as it is written`() throws {
        let (changes, running) = try reload(
            "rules: [{ sensor: heat, max: 3 }, { sensor: cold }]",
            "rules: [{ sensor: wet }, { sensor: cold, max: 4 }, { sensor: heat, max: 3 }]")
        #expect(changes.restart.isEmpty)
        #expect(changes.hot == ["lists.rules", "lists.rules[range cold].max", "lists.rules[range wet]"])
        #expect(running.filter { $0.path.hasSuffix("sensor") }.map(\.value) == ["wet", "cold", "heat"])
    }

    @Test func `items of one name are told apart by their order, and a name goes before a type`() throws {
        let (changes, _) = try reload(
            "parts: [{ type: a, name: x, size: 1 }, { type: a, size: 1 }, { type: a, size: 1 }]",
            "parts: [{ type: a, name: x, size: 2 }, { type: a, size: 1 }, { type: a, size: 3 }]")
        #expect(changes.restart == ["lists.parts[a]#2.size", "lists.parts[x].size"])
    }
}
