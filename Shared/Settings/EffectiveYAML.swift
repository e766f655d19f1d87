extension SettingsDocument {
    /// Everything that was read, as YAML that could be a `sluice.yaml`, each line with its origin; secrets redacted.
    public func effectiveYAML() -> String { effective.yaml }
}

extension [EffectiveSetting] {
    /// As ``SettingsDocument/effectiveYAML()``.
    public var yaml: String {
        var tree = EffectiveTree()
        for setting in self { tree.insert(setting, at: EffectiveTree.components(of: setting.path)[...]) }
        return tree.lines().map { $0 + "\n" }.joined()
    }
}

/// Settings by their sections, in the order of reading.
private struct EffectiveTree {
    private var setting: EffectiveSetting?
    private var children: [(name: String, tree: EffectiveTree)] = []

    /// `rules[0].min` is `rules`, `[0]`, `min`.
    static func components(of path: String) -> [String] {
        path.replacing("[", with: ".[").split(separator: ".").map { String($0) }
    }

    mutating func insert(_ setting: EffectiveSetting, at path: ArraySlice<String>) {
        guard let name = path.first else {
            self.setting = setting
            return
        }
        let index = children.firstIndex { $0.name == name } ?? children.endIndex
        if index == children.endIndex { children.append((name, EffectiveTree())) }
        children[index].tree.insert(setting, at: path.dropFirst())
    }

    func lines() -> [String] {
        children.flatMap { name, tree -> [String] in
            if let setting = tree.setting {
                return ["\(name): \(setting.value.map(Self.scalar) ?? "~")  # \(setting.origin)"]
            }
            let nested = tree.lines()
            if name.hasPrefix("[") { return nested.enumerated().map { ($0 == 0 ? "- " : "  ") + $1 } }
            return ["\(name):"] + nested.map { "  " + $0 }
        }
    }

    /// Quotes what YAML would read otherwise.
    private static func scalar(_ text: String) -> String {
        if text.hasPrefix("[") { return text }
        let isPlain = text.first.map { $0.isLetter || $0.isNumber || "/-<".contains($0) } ?? false
        if isPlain, !text.contains(": "), !text.contains(" #") { return text }
        return "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
