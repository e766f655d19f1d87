internal import Model

/// The settings with which a process runs, and how the last reload went: what `/config` shows.
public struct SettingsPage: Sendable {
    /// Redacted.
    public var yaml: String
    /// Equal for equal settings, in every process; secrets do not count.
    public var version: String
    /// Nil before the first.
    public var lastReload: ReloadReport?

    public init(yaml: String, version: String = "", lastReload: ReloadReport? = nil) {
        self.yaml = yaml
        self.version = version
        self.lastReload = lastReload
    }

    /// Comments first, so that the whole is still a `sluice.yaml`.
    var text: String {
        let lines = ["config_version: \(version)"] + (lastReload.map(Self.lines) ?? ["last reload: none"])
        return lines.map { "# \($0.replacing("\n", with: " "))\n" }.joined() + yaml
    }

    private static func lines(_ reload: ReloadReport) -> [String] {
        var lines = ["last reload: \(reload.time.iso8601) \(reload.outcome)"]
        if !reload.applied.isEmpty { lines.append("applied: \(reload.applied.joined(separator: ", "))") }
        if !reload.requiresRestart.isEmpty {
            lines.append("waits for a restart: \(reload.requiresRestart.joined(separator: ", "))")
        }
        return lines + reload.rejected.map { "rejected: \($0.path.isEmpty ? "" : "\($0.path): ")\($0.error)" }
    }
}
