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
        let environment = ProcessInfo.processInfo.environment
        return SettingsDocument(file: file(environment), environment: environment, overrides: overrides)
    }

    /// The same, of the file that is found now: for a reload its absence is a fault, and not settings without a file.
    func pinned() -> ServiceOptions {
        var pinned = self
        pinned.config = file(ProcessInfo.processInfo.environment)
        return pinned
    }

    /// Reads one section; prints everything that is wrong and ends with 78.
    public func decode<Section: SettingsSection>(_ type: Section.Type) throws -> Section {
        do {
            return try document().decode(type)
        } catch {
            throw Self.refuse(error)
        }
    }

    /// Reads what one section has of a shared one, and judges nothing else; prints what is wrong and ends with 78.
    ///
    /// - Parameter overrides: over all others, each `path=value`.
    public func decode<Section: SettingsSection>(
        _ type: Section.Type, judging key: String, overriding overrides: [String] = []
    ) throws -> Section {
        var options = self
        options.overrides += overrides
        do {
            return try options.document().decode(type, judging: key)
        } catch {
            throw Self.refuse(error)
        }
    }

    /// Reads one section of what stands on the command line alone; prints what is wrong and ends with 78.
    ///
    /// - Parameter overrides: each `path=value`.
    public static func decode<Section: SettingsSection>(_ type: Section.Type, of overrides: [String]) throws -> Section
    {
        do {
            return try SettingsDocument(yaml: "", environment: [:], overrides: overrides).decode(type)
        } catch {
            throw refuse(error)
        }
    }

    static func refuse(_ error: InvalidSettings) -> ExitCode {
        let text = Array("\(error)\n".utf8)
        // Whoever has closed standard error sees the status.
        _ = write(STDERR_FILENO, text, text.count)
        return ExitCode(78)
    }

    private func file(_ environment: [String: String]) -> String? {
        if let config = config ?? environment["SLUICE_CONFIG"] { return config }
        return FileManager.default.fileExists(atPath: "sluice.yaml") ? "sluice.yaml" : nil
    }
}
