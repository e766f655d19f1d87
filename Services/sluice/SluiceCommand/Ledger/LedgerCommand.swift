import ArgumentParser
import FoundationEssentials
import HTTPEndpoints
import Ledger
import Processes

/// `sluice ledger`
struct LedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger", abstract: "Show that what was acknowledged is stored, to the reading.",
        discussion: """
            Compares each spool with PostgreSQL below the sequence up to which everything has been handed on. Exits with 1 \
            when they differ and still differ after --patience, or when an mqtt-ingest or PostgreSQL cannot be asked.

            EXAMPLES
              sluice ledger
              sluice ledger --patience 30s --json
              sluice ledger --url http://health-monitor:8080
            """)

    @OptionGroup var data: DataDirectoryOption

    @Option(help: "Configuration of the services, for the operators' token.", completion: .file())
    var config: String?

    @OptionGroup var tls: TLSOptions
    @OptionGroup var look: LookOptions

    @Option(help: "The health-monitor, as in http://host:8080; that of the data directory by default.")
    var url: String?

    @Option(help: "How long an imbalance may last.")
    var patience = DurationOption(seconds: 5)

    func run() async throws {
        let token = try OperatorToken.configured(config, environment: ProcessInfo.processInfo.environment)
        let client = try tls.client(token: try token ?? OperatorToken.made(in: data.directory))
        let deadline = ContinuousClock.now + patience.value
        var (report, text) = try await ask(client)
        while report.state != .balanced, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(500))
            (report, text) = try await ask(client)
        }
        Console.say(look.json ? text : LedgerTable(report, look.palette).text)
        if report.state != .balanced { throw ExitCode(1) }
    }

    private func ask(_ client: OperatorClient) async throws -> (LedgerReport, String) {
        let url = try address()
        guard let address = HTTPAddress(url: url) else {
            throw ValidationError("\(url) is no http:// or https:// URL.")
        }
        let reply = try await client.get(["/ledger"], from: address, within: .seconds(10))[0]
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard reply.status == 200, let report = try? decoder.decode(LedgerReport.self, from: Data(reply.body.utf8))
        else { throw NoLedger(url: url, status: reply.status) }
        return (report, reply.body)
    }

    private func address() throws -> String {
        if let url { return url }
        guard let state = try SupervisorState.readable(data.directory), state.supervisor.isAlive else {
            throw NoStore(directory: data.directory.path)
        }
        guard let monitor = state.services.first(where: { $0.name == "health-monitor" })?.url else {
            throw ValidationError("No health-monitor runs in \(data.directory.path); name one with --url.")
        }
        return monitor
    }
}

struct NoLedger: Error, CustomStringConvertible {
    let url: String
    let status: Int

    var description: String {
        let answer = "\(url)/ledger answered \(status), and no ledger"
        guard status == 401 || status == 403 else { return answer }
        return "\(answer): it wants the operators' token; name the services' configuration with --config"
    }
}

/// The report for people.
struct LedgerTable {
    let text: String

    init(_ report: LedgerReport, _ palette: Palette = .colorless) {
        let producers = TextTable(
            [
                "SPOOL", "DELIVERED BY", .number("ACKNOWLEDGED"), .number("READINGS"), .number("DEAD"),
                .number("PRESENCE"), .number("REPLAYED"), .number("DIFFERENCE"), .number("WAITING"), .number("DAMAGED"),
            ],
            report.producers.map { line in
                let isBalanced = line.state != .unknown && line.difference == 0
                return [
                    TextTable.Cell(line.spool), TextTable.Cell(line.instance), "\(line.expected)", "\(line.readings)",
                    "\(line.deadLetters)", "\(line.presence)", "\(line.replayedBefore)",
                    TextTable.Cell(
                        line.state == .unknown ? "unknown" : "\(line.difference)", isBalanced ? .plain : .bad),
                    "\(line.waiting)", TextTable.Cell("\(line.damaged)", line.damaged == 0 ? .plain : .bad),
                ]
            }
        ).lines(palette)
        let stages = TextTable(
            [
                "STAGE", .number("RECEIVED"), .number("HANDED ON"), .number("IN FLIGHT"), .number("DUPLICATES"),
                .number("REDELIVERED"), .number("DEAD"), .number("DROPPED"),
            ],
            texts: report.stages.map { stage in
                [
                    stage.instance, "\(stage.received)", "\(stage.handedOn)", "\(stage.inFlight)",
                    "\(stage.duplicates)", "\(stage.redelivered)", Self.reasons(stage.dead),
                    Self.reasons(stage.dropped),
                ]
            }
        ).lines(palette)
        let links = TextTable(
            ["LINK", .number("RECEIVED"), .number("SETTLED"), .number("IN FLIGHT"), .number("REDELIVERED")],
            texts: report.stages.flatMap { stage in
                stage.links.map { link in
                    [
                        "\(link.upstream) → \(stage.instance)", "\(link.received)", "\(link.settled)",
                        "\(link.inFlight)",
                        "\(link.redelivered)",
                    ]
                }
            }
        ).lines(palette)
        let silent = report.silent.isEmpty ? "" : "; no answer from \(report.silent.joined(separator: ", "))"
        let since = report.producers.compactMap(\.since).min().map { " since \($0)" } ?? ""
        let state = palette.paint(report.state.rawValue, report.state == .balanced ? .good : .bad)
        text =
            (producers + [""] + stages + [""] + links + ["", "\(state)\(since)\(silent)"]).joined(
                separator: "\n")
    }

    private static func reasons(_ counts: [String: Int]) -> String {
        let reasons = counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return reasons.isEmpty ? "0" : reasons.joined(separator: ", ")
    }
}
