/// What a service says on standard error: section `log`.
public struct LogSettings: Sendable {
    public enum Level: String, CaseIterable, Sendable {
        case trace, debug, info, notice, warning, error, critical
    }

    public enum Format: String, CaseIterable, Sendable {
        /// Text on a terminal, JSON otherwise.
        case auto
        case text
        case json
    }

    public let level: Level
    public let format: Format

    public init(from reader: SettingsReader) {
        level = reader.choice("level", default: .info, "The least that is said.", reload: .hot)
        format = reader.choice("format", default: .auto, "text, json, or auto: text on a terminal, JSON otherwise.")
    }
}
