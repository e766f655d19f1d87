/// Values from outside the file, laid over its tree.
struct SettingsOverrides {
    private(set) var problems: [SettingsProblem] = []
    static let prefix = "SLUICE_"

    /// `SLUICE_STORAGE_WRITER__POSTGRES__URL` is `storage_writer.postgres.url`. Names without `__` are no settings.
    mutating func apply(environment: [String: String], to root: inout SettingsNode) {
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) where name.hasPrefix(Self.prefix) {
            let path = name.dropFirst(Self.prefix.count).lowercased().components(separatedBy: "__")
            guard path.count > 1, path.allSatisfy({ !$0.isEmpty }) else { continue }
            root.set(path[...], to: node(value, origin: .environment(name)))
        }
    }

    /// Each is `path=value`.
    mutating func apply(flags: [String], to root: inout SettingsNode) {
        for flag in flags {
            guard let equals = flag.firstIndex(of: "="), equals != flag.startIndex else {
                let problem = SettingsProblem(
                    origin: .flag(flag), path: "", message: "no value", suggestion: "write --set path=value")
                problems.append(problem)
                continue
            }
            let path = flag[..<equals].components(separatedBy: ".")
            let value = String(flag[equals...].dropFirst())
            // The value stays out of the origin: it may be a secret.
            root.set(path[...], to: node(value, origin: .flag(String(flag[..<equals]))))
        }
    }

    /// Lists and mappings in YAML's flow form; everything else is text as it stands.
    private mutating func node(_ text: String, origin: SettingsOrigin) -> SettingsNode {
        guard text.hasPrefix("[") || text.hasPrefix("{") else {
            return SettingsNode(content: .scalar(text), origin: origin)
        }
        var yaml = SettingsYAML(file: origin.description, interpolation: nil)
        let node = yaml.parse(text).relocated(to: origin)
        problems += yaml.problems
        return node
    }
}

extension StringProtocol {
    /// Splits at every occurrence of `separator`, keeping empty parts.
    fileprivate func components(separatedBy separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: false).map { String($0) }
    }
}
