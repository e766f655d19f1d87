/// Where a value was written. Later cases win over earlier ones.
public enum SettingsOrigin: Hashable, Sendable {
    case defaults
    /// Line and column count from 1.
    case file(String, line: Int, column: Int)
    /// The variable's name.
    case environment(String)
    /// The text behind `--set`.
    case flag(String)

    /// Higher wins.
    var rank: Int {
        switch self {
        case .defaults: 0
        case .file: 1
        case .environment: 2
        case .flag: 3
        }
    }
}

extension SettingsOrigin: CustomStringConvertible {
    public var description: String {
        switch self {
        case .defaults: "default"
        case .file(let name, let line, let column): "\(name):\(line):\(column)"
        case .environment(let variable): "environment \(variable)"
        case .flag(let text): "--set \(text)"
        }
    }
}
