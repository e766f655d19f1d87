import ArgumentParser
import FoundationEssentials
import Settings

/// `sluice up`
struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up", abstract: "Start broker, stores and all services; stop them again at Ctrl-C.",
        discussion: """
            What is not external is private to the data directory. Starting again continues with the same data,
            on the same ports.

            A password in an external address reaches the services by their environment, which other users cannot \
            read; the command line of this command they can.

            EXAMPLES
              sluice up --simulate 50
              sluice up --scale preprocessor=3 --scale storage-writer=2 --detach
              sluice up --detach --json
              sluice up --external-mqtt mqtts://broker.example:8883 --external-postgres postgres://sluice@db/sluice
            """)

    @OptionGroup var data: DataDirectoryOption

    @Option(help: "Configuration of the services.")
    var config: String?

    @Option(help: "Port of the dashboard; services follow. 0 takes any free ports.")
    var basePort: UInt16?

    @Option(help: "Run N instances of a service, as in preprocessor=3; as many as last time by default.")
    var scale: [ScaleOption] = []

    @Option(help: "Simulate this many devices.")
    var simulate: Int?

    @Flag(help: "Simulate no devices, which is the default.")
    var noSimulate = false

    @Option(name: .customLong("external-mqtt"), help: "Use this broker, as in mqtt://host:1883.")
    var externalMQTT: ExternalAddress?

    @Option(name: .customLong("external-postgres"), help: "Use this database, as in postgres://user@host/database.")
    var externalPostgreSQL: ExternalAddress?

    @Option(help: "Use this cache, as in redis://host:6379.")
    var externalRedis: ExternalAddress?

    @Flag(help: "Return when everything is ready, and leave it running.")
    var detach = false

    @Flag(help: "With --detach: print JSON, as `sluice status --json` does, when everything is ready.")
    var json = false

    @Option(help: "Folder of the service executables; that of this command by default.")
    var services: String?

    @Option(help: "Seconds until all services must be ready.")
    var startLimit = 120

    func validate() throws {
        if simulate != nil && noSimulate { throw ValidationError("--simulate and --no-simulate exclude each other.") }
        if json && !detach { throw ValidationError("--json is for --detach.") }
        if let simulate, simulate < 0 { throw ValidationError("--simulate takes a number of devices.") }
        if let config, !FileManager.default.isReadableFile(atPath: config) {
            throw ValidationError("cannot read \(config).")
        }
        let count = plan.instances.count
        if let basePort, Int(basePort) + count - 1 > UInt16.max {
            throw ValidationError(NoRoomForPorts(first: basePort, count: count).description)
        }
    }

    func run() async throws {
        do {
            if detach {
                try await DetachedStart(plan: plan, json: json).run()
            } else {
                try await runInForeground()
            }
        } catch let failure as StartFailure {
            Console.warn(failure.description)
            throw ExitCode(failure.exitCode)
        }
    }

    private func runInForeground() async throws {
        let signals = TerminationSignals()
        let scaling = ScaleSignals()
        var plan = plan
        try plan.directory.create()
        let lock = try DirectoryLock(plan.directory)
        try await refuseBadSettings(plan)
        await Remains(directory: plan.directory).settle()
        try plan.directory.clearRegistry()
        try plan.continueScale(counts: scaleCounts)
        try giveToken(&plan)
        try await Supervisor(plan).run(until: signals, scaling: scaling)
        withExtendedLifetime(lock) {}
    }

    /// Before anything starts, and all mistakes at once.
    private func refuseBadSettings(_ plan: UpPlan) async throws {
        try refuseTLS(plan)
        let problems = try await SettingsCheck(services: plan.services, file: plan.configuration).problems()
        guard problems.isEmpty else {
            let reason = "the settings are wrong:\n" + problems.joined(separator: "\n")
            throw StartFailure(reason: reason, exitCode: SupervisedProcess.badConfiguration)
        }
    }

    /// `sluice up` listens on loopback alone, and its commands ask there by plain HTTP.
    private func refuseTLS(_ plan: UpPlan) throws {
        let environment = ProcessInfo.processInfo.environment
        let document = SettingsFile.document(plan.configuration, environment: environment)
        let places = ["http.tls"] + ServiceKind.all.map { "\($0.section).http.tls" }
        guard let place = places.first(where: document.contains) else { return }
        let remedy = "leave it out here: everything listens on 127.0.0.1 alone"
        throw StartFailure(
            reason: "\(place) is for services that are started one by one; \(remedy)",
            exitCode: SupervisedProcess.badConfiguration)
    }

    private func giveToken(_ plan: inout UpPlan) throws {
        let environment = ProcessInfo.processInfo.environment
        guard try OperatorToken.configured(plan.configuration, environment: environment) == nil else { return }
        try OperatorToken.make(in: plan.directory)
        plan.operatorTokenFile = plan.directory.operatorToken
    }

    private var scaleCounts: [String: Int] { Dictionary(scale.map { ($0.service, $0.count) }) { $1 } }

    private var plan: UpPlan {
        var plan = UpPlan(directory: data.directory)
        plan.configuration = config.map { URL(filePath: $0).standardizedFileURL.path(percentEncoded: false) }
        plan.base = PortPlan.Base(option: basePort)
        plan.instances = ServiceInstance.all(scale: scaleCounts)
        plan.simulatedDevices = simulate ?? 0
        plan.externalMQTT = externalMQTT
        plan.externalPostgreSQL = externalPostgreSQL
        plan.externalRedis = externalRedis
        plan.startLimit = .seconds(startLimit)
        if let services { plan.services = ServiceFolder(path: services) }
        return plan
    }
}

/// `SERVICE=N`
struct ScaleOption: ExpressibleByArgument {
    let service: String
    let count: Int

    init?(argument: String) {
        let parts = argument.split(separator: "=")
        guard parts.count == 2, let count = Int(parts[1]), (0...64).contains(count),
            ServiceKind.flow.contains(where: { $0.name == parts[0] })
        else { return nil }
        service = String(parts[0])
        self.count = count
    }
}
