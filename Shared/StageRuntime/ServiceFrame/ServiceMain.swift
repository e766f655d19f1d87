import ArgumentParser
import FoundationEssentials
import Glibc
import Observability
import Settings
import UnixSignals

/// A service's whole `main`: `await ServiceMain.run(StorageWriterService.self)`.
public enum ServiceMain {
    /// Ends the process with 0 (drained), 1 (cannot go on), 64 (wrong flags) or 78 (wrong settings).
    public static func run<S: Service>(_ service: S.Type) async {
        await ServiceCommand<S>.main()
    }
}

struct ServiceCommand<S: Service>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: S.name, abstract: S.summary,
            discussion: "Ends with 0 when drained, 1 when it cannot go on, 78 when the settings are wrong.",
            version: ServiceIdentity.productVersion, subcommands: S.subcommands)
    }

    @OptionGroup var options: ServiceOptions

    @Option(help: "Unique among all instances; <service>-<host name> by default.")
    var instance: String?

    @Option(help: ArgumentHelp("A folder where instances find each other.", valueName: "folder"))
    var registry: String?

    @Flag(help: "Only read the settings, and say what is wrong with them.")
    var validate = false

    @Flag(help: "Only read the settings, and print them as JSON with where they come from; secrets redacted.")
    var printSettings = false

    @Flag(help: "Only ask the service that runs with these settings whether it turns (/livez); ends with 0 or 1.")
    var health = false

    func run() async throws {
        if printSettings { return print(try settingsReport()) }
        if health, !validate { return try await askForHealth() }
        let settings = try loadSettings()
        if validate {
            ServiceOptions.tell(settings.warnings)
            print("the settings of \(S.name) are good")
            return
        }
        try checkRegistry()
        // A peer that closes its socket must be an error code, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        let life = ServiceLife<S>(
            settings: settings, identity: identity, instances: instances,
            logs: LogSetup.bootstrap(settings.values.log))
        throw await life.run(signals: UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup, .sigusr1))
    }

    /// The settings may have changed since the service read them, and be wrong now: only where it listens matters.
    private func askForHealth() async throws {
        let http = options.document().leniently(Listener<S.Configuration>.self).http
        let answer = await LifeQuestion(identity: identity, http: http, instances: instances).ask()
        print(answer.sentence)
        if !answer.isAlive { throw ExitCode.failure }
    }

    /// Whoever writes there says where readings come from, and who is sent the operators' token.
    private func checkRegistry() throws {
        guard let registry, let breach = FileTrust.written.breach(of: registry) else { return }
        throw ServiceOptions.refuse(
            InvalidSettings(problems: [
                SettingsProblem(origin: nil, path: "", message: breach.message, suggestion: breach.remedy)
            ]))
    }

    private var instances: InstanceDirectory? { registry.map { InstanceDirectory(path: $0) } }

    private func loadSettings() throws -> CurrentSettings<S.Configuration> {
        do {
            return try CurrentSettings(reading: options.reading())
        } catch {
            throw ServiceOptions.refuse(error)
        }
    }

    /// ``SettingsReport``
    private func settingsReport() throws -> String {
        let document = options.document()
        do {
            _ = try document.decode(ServiceSettings<S.Configuration>.self)
        } catch {
            throw ServiceOptions.refuse(error)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(SettingsReport(document)), as: UTF8.self)
    }

    private var identity: ServiceIdentity {
        let environment = ProcessInfo.processInfo.environment["SLUICE_INSTANCE"]
        let fallback = "\(S.name)-\(ProcessInfo.processInfo.hostName)"
        return ServiceIdentity(service: S.name, instance: instance ?? environment ?? fallback)
    }
}

/// Section `http`, as one service has it.
private struct Listener<Configuration: SettingsSection>: SettingsSection {
    static var section: String { Configuration.section }

    let http: HTTPSettings

    init(from reader: SettingsReader) { http = HTTPSettings(from: reader.shared("http")) }
}
