/// When a changed value takes effect.
public enum ReloadPolicy: String, Sendable {
    /// On SIGHUP.
    case hot
    /// When the service starts again.
    case restart
}

/// A setting as a service understood it. `value` is redacted: it may be shown to anybody.
public struct EffectiveSetting: Hashable, Sendable {
    public var path: String
    /// As `sluice.yaml` would write it; nil when it is not set and has no default.
    public var value: String?
    public var origin: SettingsOrigin
    /// One sentence.
    public var documentation: String
    public var reload: ReloadPolicy
    /// Tells two secrets apart without showing either; differs between processes.
    var fingerprint: Int
}

/// What the readers of one document found: shared by all of them, on the one task that reads.
final class SettingsRecord {
    var problems: [SettingsProblem] = []
    /// What works, and should not stay so.
    private(set) var warnings: [SettingsProblem] = []
    /// In the order of reading; a setting that several services read stands once.
    private(set) var effective: [EffectiveSetting] = []
    private var positions: [String: Int] = [:]
    /// Keys that somebody asked for, by the path of their section.
    private(set) var askedKeys: [String: Set<String>] = [:]

    func open(section path: String) {
        askedKeys[path, default: []].formUnion([])
    }

    func ask(_ key: String, in path: String) {
        askedKeys[path, default: []].insert(key)
    }

    func note(_ setting: EffectiveSetting) {
        if let position = positions[setting.path] {
            effective[position] = setting
        } else {
            positions[setting.path] = effective.count
            effective.append(setting)
        }
    }

    func warn(_ problem: SettingsProblem) {
        if !warnings.contains(problem) { warnings.append(problem) }
    }

    func report(_ problem: SettingsProblem) {
        if !problems.contains(problem) { problems.append(problem) }
    }
}
