public import Model

/// What became of reading the settings again. When anything is rejected, nothing is applied.
public struct ReloadReport: Hashable, Sendable {
    public struct Rejection: Hashable, Sendable {
        /// Dotted; empty when the file as a whole is meant.
        public var path: String
        /// Where it is written, what is wrong with it, and what to write instead.
        public var error: String

        public init(path: String, error: String) {
            self.path = path
            self.error = error
        }
    }

    public var time: Timestamp
    /// Paths of the settings that changed and are in use now.
    public var applied: [String] = []
    /// Paths of those that differ from what the process runs with, until it starts again.
    public var requiresRestart: [String] = []
    public var rejected: [Rejection] = []
    /// Of what the process runs with now.
    public var configVersion: String

    public init(at time: Timestamp, configVersion: String) {
        self.time = time
        self.configVersion = configVersion
    }

    /// `{"applied":[…],"requires_restart":[…],"rejected":[{"path","error"}],"config_version"}`.
    public var json: String {
        var json = JSONText()
        json.beginObject()
        json.key("applied")
        json.raw(Self.list(applied.map(Self.string)))
        json.key("requires_restart")
        json.raw(Self.list(requiresRestart.map(Self.string)))
        json.key("rejected")
        json.raw(Self.list(rejected.map(Self.object)))
        json.key("config_version")
        json.string(configVersion)
        json.endObject()
        return json.text
    }

    /// `rejected`, `applied`, or `unchanged` when there was nothing to apply.
    public var outcome: String {
        if !rejected.isEmpty { return "rejected" }
        return applied.isEmpty ? "unchanged" : "applied"
    }

    private static func list(_ elements: [String]) -> String { "[\(elements.joined(separator: ","))]" }

    private static func string(_ text: String) -> String {
        var json = JSONText()
        json.string(text)
        return json.text
    }

    private static func object(_ rejection: Rejection) -> String {
        var json = JSONText()
        json.beginObject()
        json.key("path")
        json.string(rejection.path)
        json.key("error")
        json.string(rejection.error)
        json.endObject()
        return json.text
    }
}
