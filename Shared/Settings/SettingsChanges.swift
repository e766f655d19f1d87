/// How two readings of the settings differ: paths only, since values may be secrets.
public struct SettingsChanges: Hashable, Sendable {
    /// Take effect on reload.
    public var hot: [String] = []
    /// Take effect when the service starts again.
    public var restart: [String] = []

    public init(from old: [EffectiveSetting], to new: [EffectiveSetting]) {
        let before = Dictionary(old.map { ($0.path, $0) }) { _, last in last }
        let after = Dictionary(new.map { ($0.path, $0) }) { _, last in last }
        for path in Set(before.keys).union(after.keys).sorted() {
            guard before[path]?.fingerprint != after[path]?.fingerprint else { continue }
            // A setting that comes or goes as a whole, such as a rule, follows the policy that it is read with.
            if (after[path] ?? before[path])?.reload == .hot {
                hot.append(path)
            } else {
                restart.append(path)
            }
        }
    }
}
