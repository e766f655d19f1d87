import FoundationEssentials
import Settings

/// Where the services find their settings.
enum SettingsFile {
    /// - Parameter config: what was asked for.
    /// - Returns: nil when there is none, and the services run on their defaults.
    static func path(_ config: String?, environment: [String: String]) -> String? {
        let standard = FileManager.default.fileExists(atPath: "sluice.yaml") ? "sluice.yaml" : nil
        return config ?? environment["SLUICE_CONFIG"] ?? standard
    }

    /// Not yet looked into.
    static func document(_ config: String?, environment: [String: String]) -> SettingsDocument {
        let isNamed = config != nil || environment["SLUICE_CONFIG"] != nil
        return SettingsDocument(
            file: path(config, environment: environment), trust: isNamed ? .written : .found, environment: environment)
    }
}
