import FoundationEssentials

/// A part of the settings that knows how to read itself.
public protocol SettingsSection {
    /// The top-level key, such as `storage_writer`.
    static var section: String { get }
    /// Reads every key once; see ``SettingsReader``.
    init(from reader: SettingsReader)
}

/// `sluice.yaml` with the environment and the flags laid over it.
///
/// Not `Sendable`: it is read on one task when a process starts, and what is decoded from it is passed on.
public final class SettingsDocument {
    /// Sections that one process need not read, but which are no mistakes.
    static let knownSections: Set<String> = [
        "pipeline", "pipes", "log", "http", "health", "plugins", "mqtt", "postgres", "redis", "mqtt_ingest",
        "preprocessor", "anomaly_detector", "storage_writer", "aggregator", "health_monitor", "edge_processor",
    ]

    private let root: SettingsNode
    private let record = SettingsRecord()

    /// - Parameter overrides: flags, each `path=value`.
    public init(yaml: String, file: String = "sluice.yaml", environment: [String: String], overrides: [String] = []) {
        var parser = SettingsYAML(file: file, interpolation: Interpolation(environment: environment))
        var root = parser.parse(yaml)
        if case .mapping = root.content {
        } else {
            let message = "expected sections, found \(root.kind)"
            record.report(SettingsProblem(origin: root.origin, path: "", message: message))
            root = .empty
        }
        var layers = SettingsOverrides()
        layers.apply(environment: environment, to: &root)
        layers.apply(flags: overrides, to: &root)
        self.root = root
        for problem in parser.problems + layers.problems { record.report(problem) }
    }

    /// Reads `file`; a file that cannot be read is one of the problems. Without a file, the defaults are under the
    /// environment and the flags.
    public convenience init(
        file: String?, trust: FileTrust = .written, environment: [String: String], overrides: [String] = []
    ) {
        guard let file else {
            self.init(yaml: "", environment: environment, overrides: overrides)
            return
        }
        guard let (text, breach) = trust.read(file) else {
            self.init(yaml: "", file: file, environment: environment, overrides: overrides)
            let message = "cannot read the file '\(file)' as text"
            record.report(
                SettingsProblem(
                    origin: nil, path: "", message: message, suggestion: "check --config and its permissions"))
            return
        }
        self.init(yaml: text, file: file, environment: environment, overrides: overrides)
        // Whoever writes it says where readings and passwords go.
        if let breach {
            record.report(SettingsProblem(origin: nil, path: "", message: breach.message, suggestion: breach.remedy))
        }
    }
}

extension SettingsDocument {
    /// One section, and what it reads of the shared ones.
    ///
    /// - Throws: ``InvalidSettings`` with everything that is wrong in what was read so far.
    public func decode<Section: SettingsSection>(_ type: Section.Type) throws(InvalidSettings) -> Section {
        let section = Section(from: reader(for: Section.section))
        let problems = problems()
        if !problems.isEmpty { throw InvalidSettings(problems: problems) }
        return section
    }

    /// Reads all `sections` and says everything that is wrong with them, in the order of the file.
    public func validate(_ sections: [any SettingsSection.Type]) -> [SettingsProblem] {
        for type in sections { _ = type.init(from: reader(for: type.section)) }
        return InvalidSettings(problems: problems()).problems
    }

    /// What one section reads of a shared one: for a command that needs no more. What is wrong elsewhere does not matter.
    ///
    /// - Parameter key: of the shared section, which the section itself may have, too.
    /// - Throws: ``InvalidSettings`` with everything that is wrong there, and with the file as a whole.
    public func decode<Section: SettingsSection>(
        _ type: Section.Type, judging key: String
    ) throws(InvalidSettings) -> Section {
        let section = Section(from: reader(for: Section.section))
        let problems = problems().filter { Self.concerns($0.path, key, of: Section.section) }
        if !problems.isEmpty { throw InvalidSettings(problems: problems) }
        return section
    }

    /// A key beside it that is nearly its name was meant to be it; so may be every top-level one that nobody knows.
    private static func concerns(_ path: String, _ key: String, of section: String) -> Bool {
        guard path.contains(".") else { return true }
        if path.hasPrefix("\(key).") { return true }
        guard path.hasPrefix("\(section).") else { return false }
        let rest = path.dropFirst(section.count + 1)
        let name = String(rest.prefix { $0 != "." && $0 != "[" })
        return name == key || name == rest && Spelling.nearest(to: name, among: [key]) != nil
    }

    /// What works in what was read so far, and should not stay so.
    public var warnings: [SettingsProblem] { record.warnings }

    /// One section, with defaults in the place of what is wrong: for a question that mistakes elsewhere must not keep from being
    /// asked.
    public func leniently<Section: SettingsSection>(_ type: Section.Type) -> Section {
        Section(from: reader(for: Section.section))
    }

    /// Whether file, environment or flags say something there.
    ///
    /// - Parameter path: dotted, as in `health_monitor.http.tls`.
    public func contains(_ path: String) -> Bool {
        var node: SettingsNode? = root
        for key in path.split(separator: ".") { node = node?.entry(String(key))?.node }
        if case .null? = node?.content { return false }
        return node != nil
    }

    /// What was read so far, redacted.
    public var effective: [EffectiveSetting] { record.effective }

    func reader(for section: String) -> SettingsReader {
        SettingsReader(places: [], root: root, record: record).shared(section)
    }

    private func problems() -> [SettingsProblem] {
        record.problems + UnknownKeys(asked: record.askedKeys, sections: Self.knownSections).problems(in: root)
    }
}
