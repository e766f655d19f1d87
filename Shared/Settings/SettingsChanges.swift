/// How two readings of the settings differ: paths only, since values may be secrets.
public struct SettingsChanges: Hashable, Sendable {
    /// Take effect on reload.
    public var hot: [String] = []
    /// Take effect when the service starts again.
    public var restart: [String] = []

    /// - Parameters:
    ///   - old: with which the process runs.
    ///   - new: as they were just read.
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

    /// With what the process runs once the hot ones are taken over: what needs a restart stays as it was.
    public func applied(to old: [EffectiveSetting], from new: [EffectiveSetting]) -> [EffectiveSetting] {
        let waiting = Set(restart)
        let before = Dictionary(old.map { ($0.path, $0) }) { _, last in last }
        let known = Set(new.map(\.path))
        let kept = new.compactMap { waiting.contains($0.path) ? before[$0.path] : $0 }
        return kept + old.filter { waiting.contains($0.path) && !known.contains($0.path) }
    }
}
