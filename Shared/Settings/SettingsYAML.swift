import Yams

/// Turns YAML text into a ``SettingsNode`` tree that knows its lines; the only file that knows Yams.
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
            guard let root = try Yams.compose(yaml: text) else { return .empty }
            return convert(root, path: "")
        } catch let error as YamlError {
            problems.append(problem(error))
        } catch {
            problems.append(SettingsProblem(origin: nil, path: "", message: "\(file): \(error)"))
        }
        return .empty
    }

    private mutating func convert(_ node: Node, path: String) -> SettingsNode {
        let origin = origin(node.mark)
        switch node {
        case .scalar(let scalar):
            return SettingsNode(content: content(scalar, path: path, origin: origin), origin: origin)
        case .sequence(let sequence):
            let items = sequence.enumerated().map { convert($1, path: "\(path)[\($0)]") }
            return SettingsNode(content: .sequence(items), origin: origin)
        case .mapping(let mapping):
            return SettingsNode(content: .mapping(entries(mapping, path: path)), origin: origin)
        case .alias:
            problems.append(SettingsProblem(origin: origin, path: path, message: "unknown alias"))
            return SettingsNode(content: .null, origin: origin)
        }
    }

    /// `<<` takes over the entries of another mapping; the mapping's own entries win.
    private mutating func entries(_ mapping: Node.Mapping, path: String) -> [SettingsNode.Entry] {
        var own: [SettingsNode.Entry] = []
        var merged: [SettingsNode.Entry] = []
        for (keyNode, valueNode) in mapping {
            let key = keyNode.scalar?.string ?? "?"
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
        _ scalar: Node.Scalar, path: String, origin: SettingsOrigin
    ) -> SettingsNode.Content {
        if scalar.style == .plain, ["", "~", "null", "Null", "NULL"].contains(scalar.string) { return .null }
        guard let interpolation else { return .scalar(scalar.string) }
        do {
            return .scalar(try interpolation.expand(scalar.string))
        } catch {
            problems.append(
                SettingsProblem(origin: origin, path: path, message: error.message, suggestion: error.suggestion))
            return .null
        }
    }

    private func origin(_ mark: Mark?) -> SettingsOrigin {
        .file(file, line: mark?.line ?? 1, column: mark?.column ?? 1)
    }

    private func problem(_ error: YamlError) -> SettingsProblem {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let message = [context?.text, problem].compactMap(\.self).joined(separator: ": ")
            return SettingsProblem(origin: origin(mark), path: "", message: message)
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.map { "'\($0)'" }.joined(separator: ", ")
            return SettingsProblem(origin: origin(context.mark), path: "", message: "\(names) is written twice")
        default:
            return SettingsProblem(origin: nil, path: "", message: "\(file): \(error)")
        }
    }
}
