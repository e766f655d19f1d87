/// Turns YAML text into a ``SettingsNode`` tree that knows its lines.
struct SettingsYAML {
    var file: String
    /// Nil leaves `${…}` as it is.
    var interpolation: Interpolation?
    private(set) var problems: [SettingsProblem] = []

    init(file: String, interpolation: Interpolation?) {
        self.file = file
        self.interpolation = interpolation
    }

    /// The tree; an empty one, and a problem, when the text is no YAML.
    mutating func parse(_ text: String) -> SettingsNode {
        do {
            guard let root = try YAMLComposer.compose(text) else { return .empty }
            return convert(root, path: "")
        } catch {
            problems.append(SettingsProblem(origin: origin(error.mark), path: "", message: error.message))
            return .empty
        }
    }

    private mutating func convert(_ node: YAMLNode, path: String) -> SettingsNode {
        let origin = origin(node.mark)
        switch node.content {
        case .scalar(let text, let isPlain):
            let content = content(text, isPlain: isPlain, path: path, origin: origin)
            return SettingsNode(content: content, origin: origin)
        case .sequence(let sequence):
            let items = sequence.enumerated().map { convert($1, path: "\(path)[\($0)]") }
            return SettingsNode(content: .sequence(items), origin: origin)
        case .mapping(let pairs):
            return SettingsNode(content: .mapping(entries(pairs, path: path)), origin: origin)
        }
    }

    /// `<<` takes over the entries of another mapping; the mapping's own entries win.
    private mutating func entries(
        _ pairs: [(key: YAMLNode, value: YAMLNode)], path: String
    ) -> [SettingsNode.Entry] {
        var own: [SettingsNode.Entry] = []
        var merged: [SettingsNode.Entry] = []
        for (keyNode, valueNode) in pairs {
            let key = keyNode.text ?? "?"
            let value = convert(valueNode, path: key == "<<" ? path : path.isEmpty ? key : "\(path).\(key)")
            if key == "<<" {
                merged += value.entries
            } else {
                own.append(SettingsNode.Entry(key: key, origin: origin(keyNode.mark), node: value))
            }
        }
        return own + merged.filter { candidate in !own.contains { $0.key == candidate.key } }
    }

    private mutating func content(
        _ text: String, isPlain: Bool, path: String, origin: SettingsOrigin
    ) -> SettingsNode.Content {
        if isPlain, ["", "~", "null", "Null", "NULL"].contains(text) { return .null }
        guard let interpolation else { return .scalar(text) }
        do {
            return .scalar(try interpolation.expand(text))
        } catch {
            problems.append(
                SettingsProblem(origin: origin, path: path, message: error.message, suggestion: error.suggestion))
            return .null
        }
    }

    private func origin(_ mark: YAMLMark) -> SettingsOrigin {
        .file(file, line: mark.line, column: mark.column)
    }
}
