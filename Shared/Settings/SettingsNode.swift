/// A value of the settings tree with the place where it was written.
struct SettingsNode: Sendable {
    indirect enum Content: Sendable {
        /// `key:` with nothing behind it, `~` or `null`: as if the key were not there.
        case null
        case scalar(String)
        case sequence([SettingsNode])
        case mapping([Entry])
    }

    struct Entry: Sendable {
        var key: String
        /// Where the key is; the value may stand on another line.
        var origin: SettingsOrigin
        var node: SettingsNode
    }

    var content: Content
    var origin: SettingsOrigin

    static let empty = SettingsNode(content: .mapping([]), origin: .defaults)

    var entries: [Entry] {
        if case .mapping(let entries) = content { entries } else { [] }
    }

    func entry(_ key: String) -> Entry? {
        entries.first { $0.key == key }
    }

    /// What the value is, for people.
    var kind: String {
        switch content {
        case .null: "nothing"
        case .scalar(let text): "'\(Redaction.withoutPassword(text))'"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }
}

extension SettingsNode {
    /// Puts `node` at `path`, making the mappings on the way; what was there before is replaced.
    mutating func set(_ path: ArraySlice<String>, to node: SettingsNode) {
        guard let key = path.first else {
            self = node
            return
        }
        var entries = entries
        let index = entries.firstIndex { $0.key == key } ?? entries.endIndex
        if index == entries.endIndex {
            entries.append(
                Entry(key: key, origin: node.origin, node: SettingsNode(content: .null, origin: node.origin)))
        }
        entries[index].node.set(path.dropFirst(), to: node)
        if path.count == 1 { entries[index].origin = node.origin }
        content = .mapping(entries)
    }

    /// The same tree with every origin replaced: for YAML that stands in a flag or a variable.
    func relocated(to origin: SettingsOrigin) -> SettingsNode {
        var copy = self
        copy.origin = origin
        switch content {
        case .null, .scalar: break
        case .sequence(let items): copy.content = .sequence(items.map { $0.relocated(to: origin) })
        case .mapping(let entries):
            copy.content = .mapping(
                entries.map { Entry(key: $0.key, origin: origin, node: $0.node.relocated(to: origin)) })
        }
        return copy
    }
}
