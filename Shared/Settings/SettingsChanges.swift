/// How two readings of the settings differ: paths only, since values may be secrets. Items of lists go by their names, so that
/// one that comes or goes does not change those behind it.
public struct SettingsChanges: Hashable, Sendable {
    /// Take effect on reload.
    public private(set) var hot: [String] = []
    /// Take effect when the service starts again.
    public private(set) var restart: [String] = []

    /// - Parameters:
    ///   - old: with which the process runs.
    ///   - new: as they were just read.
    public init(from old: [EffectiveSetting], to new: [EffectiveSetting]) {
        let (before, after) = (NamedSettings(old), NamedSettings(new))
        var changes: [String: ReloadPolicy] = [:]
        for key in Set(before.keys).union(after.keys) {
            let (was, becomes) = (before.entries[key], after.entries[key])
            guard was?.setting.fingerprint != becomes?.setting.fingerprint, let any = becomes ?? was else { continue }
            if let item = any.item, before.contains(item) != after.contains(item) {
                changes[item] = after.policy(of: item) ?? before.policy(of: item)
            } else {
                changes[key] = any.setting.reload
            }
        }
        for (list, items) in before.lists {
            let common = Set(items).intersection(after.lists[list] ?? [])
            guard let first = items.first(where: common.contains) else { continue }
            let isSameOrder = items.filter(common.contains).elementsEqual(
                after.lists[list]?.filter(common.contains) ?? [])
            if !isSameOrder { changes[list] = after.policy(of: first) }
        }
        hot = changes.filter { $0.value == .hot }.keys.sorted()
        restart = changes.filter { $0.value == .restart }.keys.sorted()
    }

    /// With what the process runs once the hot ones are taken over: what needs a restart stays as it was.
    public func applied(to old: [EffectiveSetting], from new: [EffectiveSetting]) -> [EffectiveSetting] {
        let (before, after) = (NamedSettings(old), NamedSettings(new))
        let waiting = Set(restart)
        /// Lists whose items stay as they are.
        let frozen = Set(
            before.lists.merging(after.lists) { $0 + $1 }.filter { list, items in
                waiting.contains(list) || items.contains(where: waiting.contains)
            }.keys)
        func isFrozen(_ item: String?) -> Bool { item.map { frozen.contains(NamedSettings.list(of: $0)) } ?? false }

        let kept = after.keys.compactMap { key -> EffectiveSetting? in
            guard let entry = after.entries[key], !isFrozen(entry.item) else { return nil }
            return waiting.contains(key) ? before.entries[key]?.setting : entry.setting
        }
        let left = before.keys.compactMap { key -> EffectiveSetting? in
            guard let entry = before.entries[key] else { return nil }
            let becomes = after.entries[key]
            if isFrozen(entry.item) {
                guard !waiting.contains(key), var setting = becomes?.setting else { return entry.setting }
                setting.path = entry.setting.path
                return setting
            }
            return becomes == nil && waiting.contains(key) ? entry.setting : nil
        }
        return kept + left
    }
}
