import ArgumentParser
import DetectorCatalog
import FoundationEssentials
import IOLoop
import Model
import PostgreSQL
import Settings

/// `sluice backtest`
struct BacktestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backtest", abstract: "Show which alerts a detector would have raised over stored readings.",
        discussion: """
            The detector is one of anomaly_detector.detectors in the settings' file, or a kind with its defaults: \
            \(DetectorChoice.kinds).

            It judges the readings of each series (with `scope: device`, of each device) in the order in which the pipeline \
            delivered them, and knows nothing \
            when it begins at --from. With --warm-up it learns first from what was measured so long before. A running \
            pipeline has learnt since its first reading: go back as far for the same alerts.

            An alert is what comes of the anomalies by the detector's `alert` settings, as in the running detector; only \
            silences and devices that were offline are not known here. Listed are alerts that began to fire after --from.

            Exits with 1 when there are no readings, with 78 when the settings are wrong.

            EXAMPLES
              sluice backtest --detector tailsum --from 2026-11-08 --warm-up 7d
              sluice backtest --detector hot --config sluice.yaml --from 2d --json
              sluice backtest --detector tailsum --from 7d --format html > page.html
            """)

    @OptionGroup var data: DataDirectoryOption
    @OptionGroup var store: StoreOptions

    @Option(help: "The name of a detector in the settings, or a kind.")
    var detector: String

    @Option(help: "The settings' file; sluice.yaml if there is one here.")
    var config: String?

    @OptionGroup var span: BacktestSpan

    @Option(help: "Devices, as a pattern such as boiler-*; may be repeated. All without it.")
    var device: [String] = []

    @Option(help: "Sensor types, as a pattern such as temp*; may be repeated. All without it.")
    var sensor: [String] = []

    @Option(help: "What to print.")
    var format: BacktestFormat?

    @OptionGroup var look: LookOptions

    @Option(help: "The file to write; standard output by default.")
    var output: String?

    @Option(help: "List at most so many alerts (and anomalies, in JSON), the earliest ones; all are counted.")
    var limit = 10_000

    @Option(help: "Plot at most so many series on the page, those with the most alerts.")
    var plots = 12

    func validate() throws {
        if look.json, format ?? .json != .json { throw ValidationError("--json and --format exclude each other.") }
        guard limit > 0, plots >= 0 else { throw ValidationError("--limit begins at 1, --plots at 0.") }
    }

    @IOThread
    func run() async throws {
        let request = BacktestRequest(
            detector: try chosenDetector(), scope: scope, from: span.start, to: span.end,
            warmUp: span.warmUp?.value ?? .zero,
            alertLimit: limit, plotLimit: printed == .html ? plots : 0)
        let connection = try await store.connect(data.directory)
        defer { connection.close() }
        let outcome = try await Backtest(request, on: connection).run { readings in
            Console.progress("\(readings) readings")
        }
        Console.progress("")
        try write(try printed.text(of: outcome, output == nil ? look.palette : .colorless))
        guard outcome.tally.readings == 0 else { return }
        Console.warn("no reading is stored of these series in this time")
        throw ExitCode(1)
    }
}

extension BacktestCommand {
    private nonisolated var printed: BacktestFormat { look.json ? .json : format ?? .table }

    private nonisolated var scope: SeriesScope {
        var scope = SeriesScope()
        scope.devices = device
        scope.sensors = sensor
        return scope
    }

    private nonisolated func chosenDetector() throws -> DetectorSettings {
        do {
            return try DetectorChoice(config: config, environment: ProcessInfo.processInfo.environment).judging(
                detector)
        } catch let error as InvalidSettings {
            for problem in error.problems { Console.complain(problem.description) }
            throw ExitCode(SupervisedProcess.badConfiguration)
        }
    }

    private nonisolated func write(_ text: String) throws {
        guard let output else { return Console.emit(Array("\(text)\n".utf8)) }
        guard FileManager.default.createFile(atPath: output, contents: Data("\(text)\n".utf8)) else {
            throw ValidationError("\(output) cannot be written.")
        }
    }
}

/// Which part of the history is judged.
struct BacktestSpan: ParsableArguments {
    @Option(help: "Measured since then: 2026-11-01, 2026-11-01T06:00:00Z, or 2h ago.")
    var from: TimeOption

    @Option(help: "Measured before then; now by default.")
    var to: TimeOption?

    @Option(help: "Learn first from the readings of so long a time before --from, and report none of them.")
    var warmUp: DurationOption?

    func validate() throws {
        guard start < end else { throw ValidationError("--from must be before --to.") }
    }

    var start: Timestamp { from.timestamp }
    var end: Timestamp { to?.timestamp ?? .now() }
}

enum BacktestFormat: String, CaseIterable, ExpressibleByArgument {
    case table
    case json
    case html

    func text(of outcome: BacktestOutcome, _ palette: Palette = .colorless) throws -> String {
        switch self {
        case .table: BacktestTable(outcome, palette).text
        case .json: try printedJSON(BacktestReport(outcome))
        case .html: BacktestPage(outcome).text
        }
    }
}
