import FoundationEssentials
import Platform

extension SettingsReader {
    /// `key`, or the content of the file that `key_file` names. Shown as `<redacted>`.
    public func secret(
        _ key: String, _ documentation: String, trust: FileTrust = .written, reload: ReloadPolicy = .restart
    ) -> Secret? {
        guard let found = textOrFile(key, trust) else {
            note(nil, at: defaultPath(key), .defaults, documentation, reload)
            return nil
        }
        let setting = EffectiveSetting(
            path: found.path, value: Redaction.mark, origin: found.origin, documentation: documentation,
            reload: reload, fingerprint: found.text.hashValue)
        record.note(setting)
        return Secret(found.text)
    }

    /// A file that somebody else will open; whose modes are looked at.
    public func file(_ key: String, _ documentation: String, trust: FileTrust) -> String? {
        let path = string(key, documentation)
        if let path, let breach = trust.breach(of: path) { reject(key, breach.message, suggestion: breach.remedy) }
        return path
    }

    /// A URL; also by `key_file`, since it may carry a password (which is redacted when shown).
    public func url(
        _ key: String, default value: String, _ documentation: String, reload: ReloadPolicy = .restart
    ) -> String {
        let found = textOrFile(key)
        note(
            found?.text ?? value, at: found?.path ?? defaultPath(key), found?.origin ?? .defaults, documentation, reload
        )
        return found?.text ?? value
    }

    /// The nearer place wins, then the later source; both from the same source is a contradiction.
    private func textOrFile(
        _ key: String, _ trust: FileTrust = .written
    ) -> (text: String, path: String, origin: SettingsOrigin)? {
        let fileKey = "\(key)_file"
        for place in places { record.ask(fileKey, in: place.path) }
        let plain = find(key)
        guard let file = find(fileKey) else { return plain.flatMap { text($0, trust) } }
        guard let plain else { return content(of: file, trust) }
        if distance(of: plain.path) != distance(of: file.path) {
            return distance(of: plain.path) < distance(of: file.path) ? text(plain, trust) : content(of: file, trust)
        }
        if plain.node.origin.rank == file.node.origin.rank {
            let message = "both '\(key)' and '\(fileKey)' are written"
            reject(at: file.node.origin, path: file.path, message, suggestion: "keep one")
        }
        return plain.node.origin.rank > file.node.origin.rank ? text(plain, trust) : content(of: file, trust)
    }

    /// Index of the place that `path` lies in: 0 is the service's own section.
    private func distance(of path: String) -> Int {
        places.firstIndex { path.hasPrefix($0.path + ".") } ?? places.count
    }

    /// A private key that stands among the settings is as secret as one in a file of its own.
    private func text(
        _ found: (node: SettingsNode, path: String), _ trust: FileTrust
    ) -> (text: String, path: String, origin: SettingsOrigin)? {
        if case .privateKey = trust, case .file(let file, _, _) = found.node.origin,
            let breach = trust.breach(of: file)
        {
            reject(at: found.node.origin, path: found.path, breach.message, suggestion: breach.remedy)
        }
        return text(found)
    }

    private func text(
        _ found: (node: SettingsNode, path: String)
    ) -> (text: String, path: String, origin: SettingsOrigin)? {
        if case .scalar(let text) = found.node.content { return (text, found.path, found.node.origin) }
        reject(at: found.node.origin, path: found.path, "expected text, found \(found.node.kind)")
        return nil
    }

    private func content(
        of found: (node: SettingsNode, path: String), _ trust: FileTrust
    ) -> (text: String, path: String, origin: SettingsOrigin)? {
        guard let (file, path, origin) = text(found) else { return nil }
        guard let (content, breach) = trust.read(file) else {
            reject(
                at: origin, path: path, "cannot read '\(file)' as text",
                suggestion: "check that it exists and is readable")
            return nil
        }
        if let breach { reject(at: origin, path: path, breach.message, suggestion: breach.remedy) }
        return (content.trimmed(of: \.isNewline), path, origin)
    }
}
