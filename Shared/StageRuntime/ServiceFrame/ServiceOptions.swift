public import ArgumentParser
import FoundationEssentials
internal import Glibc
public import Settings

/// Flags that say where settings come from; for services and for their further commands.
public struct ServiceOptions: ParsableArguments, Sendable {
    @Option(help: ArgumentHelp("The settings' file; sluice.yaml if there is one here.", valueName: "file"))
    var config: String?

    @Option(
        name: .customLong("set"), parsing: .singleValue,
        help: ArgumentHelp("One setting, over file and environment. May be repeated.", valueName: "path=value"))
    var overrides: [String] = []

    public init() {}

    /// File, environment and flags, not yet looked into.
    public func document() -> SettingsDocument {
        reading()()
    }

    /// The same each time, of the file that is found now: for a reload its absence is a fault, and not settings without a file.
    func reading() -> @Sendable () -> SettingsDocument {
        let (file, trust) = file(ProcessInfo.processInfo.environment)
        return { [overrides] in
            SettingsDocument(
                file: file, trust: trust, environment: ProcessInfo.processInfo.environment, overrides: overrides)
        }
    }

    /// Reads one section; prints everything that is wrong and ends with 78.
    public func decode<Section: SettingsSection>(_ type: Section.Type) throws -> Section {
        try Self.decode(from: document()) { document throws(InvalidSettings) in try document.decode(type) }
    }

    /// Reads what one section has of a shared one, and judges nothing else; prints what is wrong and ends with 78.
    ///
    /// - Parameter overrides: over all others, each `path=value`.
    public func decode<Section: SettingsSection>(
        _ type: Section.Type, judging key: String, overriding overrides: [String] = []
    ) throws -> Section {
        var options = self
        options.overrides += overrides
        return try Self.decode(from: options.document()) { document throws(InvalidSettings) in
            try document.decode(type, judging: key)
        }
    }

    /// Reads one section of what stands on the command line alone; prints what is wrong and ends with 78.
    ///
    /// - Parameter overrides: each `path=value`.
    public static func decode<Section: SettingsSection>(_ type: Section.Type, of overrides: [String]) throws -> Section
    {
        try decode(from: SettingsDocument(yaml: "", environment: [:], overrides: overrides)) {
            document throws(InvalidSettings) in try document.decode(type)
        }
    }

    private static func decode<Section: SettingsSection>(
        from document: SettingsDocument, _ decoding: (SettingsDocument) throws(InvalidSettings) -> Section
    ) throws -> Section {
        do throws(InvalidSettings) {
            let section = try decoding(document)
            tell(document.warnings)
            return section
        } catch {
            throw refuse(error)
        }
    }

    static func refuse(_ error: InvalidSettings) -> ExitCode {
        complain("\(error)")
        return ExitCode(78)
    }

    static func tell(_ warnings: [SettingsProblem]) {
        for warning in warnings { complain("warning: \(warning)") }
    }

    private static func complain(_ line: String) {
        let text = Array("\(line)\n".utf8)
        // Whoever has closed standard error sees the status.
        _ = write(STDERR_FILENO, text, text.count)
    }

    private func file(_ environment: [String: String]) -> (path: String?, trust: FileTrust) {
        if let config = config ?? environment["SLUICE_CONFIG"] { return (config, .written) }
        return (FileManager.default.fileExists(atPath: "sluice.yaml") ? "sluice.yaml" : nil, .found)
    }
}
