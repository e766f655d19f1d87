extension SettingsReader {
    /// A list of texts; in the environment and in flags also `a,b,c`.
    public func strings(
        _ key: String, default values: [String], _ documentation: String, reload: ReloadPolicy = .restart
    ) -> [String] {
        list(key, .text, documentation, reload, default: values)
    }

    /// A list of finite numbers.
    public func doubles(
        _ key: String, default values: [Double], _ documentation: String, reload: ReloadPolicy = .restart
    ) -> [Double] {
        list(key, .number, documentation, reload, default: values)
    }

    private func list<Value>(
        _ key: String, _ format: ScalarFormat<Value>, _ documentation: String, _ reload: ReloadPolicy,
        default fallback: [Value]
    ) -> [Value] {
        guard let found = find(key) else {
            note(flow(fallback, format), at: defaultPath(key), .defaults, documentation, reload)
            return fallback
        }
        guard let nodes = elements(of: found.node) else {
            let suggestion = if case .scalar(let text) = found.node.content { "write [\(text)]" } else { String?.none }
            let message = "expected a list, found \(found.node.kind)"
            reject(at: found.node.origin, path: found.path, message, suggestion: suggestion)
            return fallback
        }
        let values = nodes.enumerated().compactMap { element($1, path: "\(found.path)[\($0)]", format) }
        note(flow(values, format), at: found.path, found.node.origin, documentation, reload)
        return values
    }

    private func element<Value>(_ node: SettingsNode, path: String, _ format: ScalarFormat<Value>) -> Value? {
        if case .scalar(let text) = node.content, let value = format.parse(text) { return value }
        reject(at: node.origin, path: path, "expected \(format.expectation), found \(node.kind)")
        return nil
    }

    private func elements(of node: SettingsNode) -> [SettingsNode]? {
        switch node.content {
        case .sequence(let nodes): return nodes
        case .scalar(let text) where node.origin.rank >= SettingsOrigin.environment("").rank:
            return text.split(separator: ",").map {
                SettingsNode(content: .scalar(String($0)), origin: node.origin)
            }
        case .null, .scalar, .mapping: return nil
        }
    }

    private func flow<Value>(_ values: [Value], _ format: ScalarFormat<Value>) -> String {
        "[\(values.map(format.text).joined(separator: ", "))]"
    }
}
