/// Settings by what they are called. An item of a list goes by its name or its type, and not by its place: `rules[0].min` is
/// `rules[range temperature].min`, wherever in the list it stands.
struct NamedSettings {
    struct Entry {
        var setting: EffectiveSetting
        /// As `preprocessor.rules[location]`; nil outside of lists.
        var item: String?
    }

    /// By what a setting is called.
    private(set) var entries: [String: Entry] = [:]
    /// In the order of reading.
    private(set) var keys: [String] = []
    /// The items of each list, in its order, by what they are called.
    private(set) var lists: [String: [String]] = [:]
    /// Where an item stands: `preprocessor.rules[3]`.
    private(set) var places: [String: String] = [:]
    private var names: [String: String] = [:]

    init(_ settings: [EffectiveSetting]) {
        let values = Dictionary(settings.map { ($0.path, $0.value) }) { _, last in last }
        for setting in settings {
            let place = Self.place(of: setting.path)
            let item = place.map { name(of: $0, values) }
            let key = item.map { $0 + setting.path.dropFirst(place?.count ?? 0) } ?? setting.path
            if entries.updateValue(Entry(setting: setting, item: item), forKey: key) == nil { keys.append(key) }
        }
    }

    /// `rules[0]` of `rules[0].min`.
    private static func place(of path: String) -> String? {
        path.firstIndex(of: "]").map { String(path[...$0]) }
    }

    private mutating func name(of place: String, _ values: [String: String?]) -> String {
        if let known = names[place] { return known }
        let list = String(place[..<(place.firstIndex(of: "[") ?? place.endIndex)])
        func value(_ key: String) -> String? { values["\(place).\(key)"] ?? nil }
        let words = value("name").map { [$0] } ?? [value("type"), value("sensor")].compactMap(\.self)
        let plain = words.isEmpty ? place : "\(list)[\(words.joined(separator: " "))]"
        let item = unused(plain)
        names[place] = item
        places[item] = place
        lists[list, default: []].append(item)
        return item
    }

    /// The second one of a name is another than the first.
    private func unused(_ item: String) -> String {
        guard places[item] != nil else { return item }
        for number in 2... where places["\(item)#\(number)"] == nil { return "\(item)#\(number)" }
        return item
    }

    /// How a change of the item as a whole takes effect: as that of what was read of it first.
    func policy(of item: String) -> ReloadPolicy? {
        keys.first { entries[$0]?.item == item }.flatMap { entries[$0]?.setting.reload }
    }

    func contains(_ item: String) -> Bool { places[item] != nil }

    static func list(of item: String) -> String { String(item[..<(item.firstIndex(of: "[") ?? item.endIndex)]) }
}
