/// Finds keys that nobody asked for: mostly spelling mistakes, whose silent effect would be a default.
struct UnknownKeys {
    /// Keys that somebody asked for, by the path of their section.
    var asked: [String: Set<String>]
    /// Top-level sections; those that were not asked for are not looked into.
    var sections: Set<String>

    func problems(in root: SettingsNode) -> [SettingsProblem] {
        root.entries.flatMap { entry -> [SettingsProblem] in
            if entry.key.hasPrefix("x-") { return [] }
            guard sections.contains(entry.key) || asked[entry.key] != nil else {
                return [problem(entry, path: entry.key, among: sections)]
            }
            return asked[entry.key] == nil ? [] : problems(in: entry.node, path: entry.key)
        }
    }

    private func problems(in node: SettingsNode, path: String) -> [SettingsProblem] {
        switch node.content {
        case .null, .scalar: return []
        case .sequence(let nodes):
            return nodes.enumerated().flatMap { problems(in: $1, path: "\(path)[\($0)]") }
        case .mapping(let entries):
            // Not opened as a section: either a wrong type, which is reported already, or its owner's own business.
            guard let known = asked[path] else { return [] }
            return entries.flatMap { entry in
                let child = "\(path).\(entry.key)"
                return known.contains(entry.key)
                    ? problems(in: entry.node, path: child) : [problem(entry, path: child, among: known)]
            }
        }
    }

    private func problem(_ entry: SettingsNode.Entry, path: String, among known: Set<String>) -> SettingsProblem {
        let question = Spelling.question(entry.key, among: known)
        let list = known.isEmpty ? nil : "known are \(known.sorted().joined(separator: ", "))"
        return SettingsProblem(origin: entry.origin, path: path, message: "unknown key", suggestion: question ?? list)
    }
}
