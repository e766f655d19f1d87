/// One thing that is wrong with the settings; it reads as a compiler's diagnostic:
/// `sluice.yaml:12:3: storage_writer.batch_sice: unknown key; did you mean 'batch_size'?`
public struct SettingsProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where the value was written; nil when nothing was written at all.
    public var origin: SettingsOrigin?
    /// Dotted, as in `preprocessor.rules[0].min`; empty when the file as a whole is meant.
    public var path: String
    public var message: String
    /// What to write instead.
    public var suggestion: String?

    public init(origin: SettingsOrigin?, path: String, message: String, suggestion: String? = nil) {
        self.origin = origin
        self.path = path
        self.message = message
        self.suggestion = suggestion
    }

    public var description: String {
        var text = [origin?.description, path.isEmpty ? nil : path, message].compactMap(\.self).joined(separator: ": ")
        if let suggestion { text += "; \(suggestion)" }
        return text
    }
}

/// The settings cannot be used, for all these reasons. Not worth a retry before somebody edits them: exit code 78.
public struct InvalidSettings: Error, Sendable, CustomStringConvertible {
    /// In the order of the file, then environment, flags, and what is missing.
    public var problems: [SettingsProblem]

    public var isRetriable: Bool { false }

    public init(problems: [SettingsProblem]) {
        self.problems = problems.sorted { $0.position < $1.position }
    }

    public var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}

extension SettingsProblem {
    fileprivate var position: (Int, Int, Int, String) {
        if case .file(_, let line, let column) = origin { return (1, line, column, path) }
        return (origin?.rank ?? 4, 0, 0, path)
    }
}
