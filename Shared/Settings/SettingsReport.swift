/// What a service makes of its settings, for programs that are not that service.
public struct SettingsReport: Codable, Hashable, Sendable {
    public struct Setting: Codable, Hashable, Sendable {
        /// Dotted, as in `preprocessor.rules[0].min`.
        public var path: String
        /// As `sluice.yaml` would write it, redacted; nil when it is not set and has no default.
        public var value: String?
        /// `default`, `sluice.yaml:12:3`, `environment SLUICE_…` or `--set …`.
        public var origin: String
        /// `hot` or `restart`: when a change takes effect.
        public var reload: String
        public var documentation: String
    }

    /// Each line with its origin, as `/config` shows it.
    public var yaml: String
    public var settings: [Setting]

    /// - Parameter document: from which everything has been read.
    public init(_ document: SettingsDocument) {
        yaml = document.effectiveYAML()
        settings = document.effective.map { setting in
            Setting(
                path: setting.path, value: setting.value, origin: "\(setting.origin)", reload: setting.reload.rawValue,
                documentation: setting.documentation)
        }
    }
}
