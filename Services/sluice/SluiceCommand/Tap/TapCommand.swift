import ArgumentParser
import FoundationEssentials
import HTTPEndpoints

/// `sluice tap`
struct TapCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tap", abstract: "Watch live readings as they pass a stage.",
        discussion: """
            Shows what all instances of a service hand on; of storage-writer, what it has stored; of edge-processor, what it \
            has decided to send. Looking on slows nothing: \
            what comes faster than it can be shown is left out here, and how much that was is told. It goes on over restarts and \
            changes of scale until --limit or Ctrl-C. Patterns are those of shells.

            EXAMPLES
              sluice tap
              sluice tap anomaly-detector --anomalies --limit 10
              sluice tap mqtt-ingest --device 'boiler-*' --sensor temperature --format json
              sluice tap edge-processor --instances http://gateway:9101
            """)

    @OptionGroup var data: DataDirectoryOption

    @Argument(
        help: "A service on the path of readings, or one instance of it, as in preprocessor-2.",
        completion: Completions.taps)
    var service = "storage-writer"

    @Option(help: "Of the devices of this name or pattern.", completion: Completions.devices)
    var device: String?

    @Option(help: "Of the sensors of this name or pattern.")
    var sensor: String?

    @Flag(help: "Only those in which a detector found something.")
    var anomalies = false

    @Option(help: "End after so many readings.")
    var limit: Int?

    @Option(help: "table or json, an object a line.")
    var format: TapFormat?

    @Option(
        parsing: .upToNextOption,
        help: "Ask these instances, as in http://host:9101, instead of those of the data directory.")
    var instances: [HTTPAddress] = []

    @Option(help: "Configuration of the services, for the operators' token.", completion: .file())
    var config: String?

    @OptionGroup var tls: TLSOptions
    @OptionGroup var look: LookOptions

    func validate() throws {
        if look.json, format == .table { throw ValidationError("--json and --format table exclude each other.") }
        if let limit, limit < 1 { throw ValidationError("--limit begins at 1.") }
        guard ServiceKind.tapped.contains(where: { service == $0.name || service.hasPrefix("\($0.name)-") }) else {
            let names = ServiceKind.tapped.map(\.name).joined(separator: ", ")
            throw ValidationError("'\(service)' is not on the path of readings: there are \(names).")
        }
    }

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let token = try OperatorToken.configured(config, environment: environment)
        let source: FleetSource = instances.isEmpty ? .directory(data.directory) : .addresses(instances)
        _ = try source.members()
        let fleet = TapFleet(
            source: source, service: instances.isEmpty ? service : nil, path: path,
            client: try tls.client(token: try token ?? OperatorToken.made(in: data.directory)))
        let printer = TapPrinter(format: look.json ? .json : format ?? .table, limit: limit, palette: look.palette)
        let signals = TerminationSignals()
        let requests = signals.requests
        let tapping = Task { try await fleet.run(printer) }
        let listener = Task { for await _ in requests { tapping.cancel() } }
        defer { listener.cancel() }
        do {
            try await tapping.value
        } catch is CancellationError {
            // Ctrl-C is how it ends.
        } catch is TapPrinter.Done {}
        withExtendedLifetime(signals) {}
    }

    private var path: String {
        var parts = URLComponents()
        parts.path = "/tap"
        var items = [("device", device), ("sensor", sensor)].compactMap { name, value in
            value.map { URLQueryItem(name: name, value: $0) }
        }
        if anomalies { items.append(URLQueryItem(name: "anomalies", value: nil)) }
        parts.queryItems = items.isEmpty ? nil : items
        // A plus sign means a blank to many servers.
        parts.percentEncodedQuery = parts.percentEncodedQuery?.replacing("+", with: "%2B")
        return parts.string ?? "/tap"
    }
}

enum TapFormat: String, CaseIterable, ExpressibleByArgument {
    case table
    case json
}

extension ServiceKind {
    /// Those that readings pass; gateways first.
    static let tapped = [edge] + flow.filter { $0 != monitor }
}
