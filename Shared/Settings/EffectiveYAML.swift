extension SettingsDocument {
    /// Everything that was read, as YAML that could be a `sluice.yaml`, each line with its origin; secrets redacted.
    public func effectiveYAML() -> String {
        var text = ""
        var open: [Substring] = []
        for setting in effective.sorted(by: { $0.path < $1.path }) {
            let path = setting.path.split(separator: ".")
            let common = zip(open, path.dropLast()).prefix { $0 == $1 }.count
            for depth in common..<(path.count - 1) {
                text += indentation(depth) + "\(path[depth]):\n"
            }
            open = Array(path.dropLast())
            let value = setting.value.map(yamlScalar) ?? "~"
            text += indentation(open.count) + "\(path[open.count]): \(value)  # \(setting.origin)\n"
        }
        return text
    }

    private func indentation(_ depth: Int) -> String {
        String(repeating: "  ", count: depth)
    }

    /// Quotes what YAML would read otherwise.
    private func yamlScalar(_ text: String) -> String {
        if text.hasPrefix("[") { return text }
        let plain = text.first.map { $0.isLetter || $0.isNumber || $0 == "/" || $0 == "-" || $0 == "<" } ?? false
        if plain, !text.contains(": "), !text.contains(" #") { return text }
        return "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
    }
}
