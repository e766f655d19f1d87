/// Reads one section, key by key. Nothing throws: what is wrong is recorded with its place, a default stands in, and
/// ``SettingsDocument/decode(_:)`` throws all problems together. Every key that is asked for becomes known; the
/// others are reported as unknown.
///
/// A reader lives on the task that reads the settings, at the start of the process.
public struct SettingsReader {
    /// One place where the section may stand; the first that has a key wins.
    struct Place {
        var path: String
        var node: SettingsNode?

        func child(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
    }

    let places: [Place]
    let root: SettingsNode
    let record: SettingsRecord

    init(places: [Place], root: SettingsNode, record: SettingsRecord) {
        self.places = places
        self.root = root
        self.record = record
        for place in places { record.open(section: place.path) }
    }

    /// Dotted, as in `preprocessor.rules[0]`.
    public var path: String { places.first?.path ?? "" }

    /// The names in this section, in the order of the file.
    public var keys: [String] {
        var seen: Set<String> = []
        return places.flatMap { $0.node?.entries ?? [] }.map(\.key).filter { seen.insert($0).inserted }
    }

    /// Whether the key has a value.
    public func contains(_ key: String) -> Bool {
        find(key) != nil
    }

    /// Reports a value that this section's owner cannot use, at the place of `key`.
    public func reject(_ key: String, _ message: String, suggestion: String? = nil) {
        let found = find(key)
        reject(at: found?.node.origin, path: found?.path ?? defaultPath(key), message, suggestion: suggestion)
    }

    /// Tells of a value that works, but should not stay so, at the place of `key`.
    public func warn(_ key: String, _ message: String, suggestion: String? = nil) {
        let found = find(key)
        record.warn(
            SettingsProblem(
                origin: found?.node.origin, path: found?.path ?? defaultPath(key), message: message,
                suggestion: suggestion))
    }

    func reject(at origin: SettingsOrigin?, path: String, _ message: String, suggestion: String? = nil) {
        record.report(SettingsProblem(origin: origin, path: path, message: message, suggestion: suggestion))
    }

    /// The value of `key`, and makes the key known. An explicit nothing (`key: ~`) is no value.
    func find(_ key: String) -> (node: SettingsNode, path: String)? {
        for place in places { record.ask(key, in: place.path) }
        for place in places {
            guard let node = place.node?.entry(key)?.node else { continue }
            if case .null = node.content { continue }
            return (node, place.child(key))
        }
        return nil
    }

    /// Where a value that nobody wrote would be looked for by most: the shared section.
    func defaultPath(_ key: String) -> String {
        places.last?.child(key) ?? key
    }
}

// Nested sections.
extension SettingsReader {
    /// A nested mapping; when it is absent, all its keys have their defaults.
    public func section(_ key: String) -> SettingsReader {
        let nested = places.map { place in
            record.ask(key, in: place.path)
            return Place(path: place.child(key), node: mapping(place.node?.entry(key)?.node, path: place.child(key)))
        }
        return SettingsReader(places: nested, root: root, record: record)
    }

    /// This section's own `key`, then the top-level section of the same name, so that
    /// `storage_writer.postgres.url` overrides `postgres.url` for one service.
    public func shared(_ key: String) -> SettingsReader {
        let own = section(key)
        let common = Place(path: key, node: mapping(root.entry(key)?.node, path: key))
        return SettingsReader(places: own.places + [common], root: root, record: record)
    }

    /// A mapping whose names are free and whose values are sections, in the order of the file.
    public func sections(_ key: String) -> [(name: String, reader: SettingsReader)] {
        let reader = section(key)
        return reader.keys.map { ($0, reader.section($0)) }
    }

    /// A list of mappings, in its order.
    public func items(_ key: String) -> [SettingsReader] {
        guard let found = find(key) else { return [] }
        guard case .sequence(let nodes) = found.node.content else {
            reject(at: found.node.origin, path: found.path, "expected a list of mappings, found \(found.node.kind)")
            return []
        }
        return nodes.enumerated().map { index, node in
            let path = "\(found.path)[\(index)]"
            let place = Place(path: path, node: mapping(node, path: path))
            return SettingsReader(places: [place], root: root, record: record)
        }
    }

    private func mapping(_ node: SettingsNode?, path: String) -> SettingsNode? {
        switch node?.content {
        case nil, .null: return nil
        case .mapping: return node
        case .scalar, .sequence:
            reject(at: node?.origin, path: path, "expected a mapping, found \(node?.kind ?? "nothing")")
            return nil
        }
    }
}
