import ArgumentParser
import FoundationEssentials
import IOLoop
import MQTT

/// `sluice replay`
struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Publish a recording with its own timestamps.",
        discussion: """
            FILE is CSV with a header line. Times are ISO 8601 or Unix times (s, ms, µs or ns, told from their size). \
            Rows that are no readings are named by their line and counted.

            EXAMPLE
              sluice replay Water.csv --time-column unix_ts --value-column avg_rate --device house --sensor water
            """)

    @Argument(help: "The recording.")
    var file: String

    @OptionGroup var broker: BrokerOptions

    @Option(help: "Column with the time.")
    var timeColumn: String

    @Option(help: "Column with the value.")
    var valueColumn: String

    @Option(help: "Column with the device.")
    var deviceColumn: String?

    @Option(help: "The device of all rows; the file's name by default.")
    var device: String?

    @Option(help: "Column with the sensor type.")
    var sensorColumn: String?

    @Option(help: "The sensor type of all rows; the value column's name by default.")
    var sensor: String?

    @Option(help: "The unit of all values.")
    var unit = ""

    @Option(help: "Readings a second; as fast as the broker acknowledges by default.")
    var rate: Double?

    @Option(help: "So many times as fast as it was recorded.")
    var speed: Double?

    @Option(help: "MQTT quality of service: 0, 1 or 2.")
    var qos = QoSOption(.atLeastOnce)

    @Option(help: "Consecutive readings of one sensor in a message.")
    var batch = 1

    @Option(help: "What separates columns; told from the header by default.")
    var delimiter: String?

    @Flag(help: "Report as JSON.")
    var json = false

    func validate() throws {
        if device != nil && deviceColumn != nil {
            throw ValidationError("--device and --device-column exclude each other.")
        }
        if sensor != nil && sensorColumn != nil {
            throw ValidationError("--sensor and --sensor-column exclude each other.")
        }
        if rate != nil && speed != nil { throw ValidationError("--rate and --speed exclude each other.") }
        guard (rate ?? 1) > 0, (speed ?? 1) > 0, batch > 0 else {
            throw ValidationError("--rate, --speed and --batch must be positive.")
        }
        for name in [device, sensor].compactMap({ $0 })
        where name.isEmpty || name.contains(where: { "+#/".contains($0) }) {
            throw ValidationError("\"\(name)\" cannot stand in a topic.")
        }
    }

    func run() async throws {
        let options = try broker.options(purpose: "replay")
        try await replay(options)
    }

    @IOThread
    private func replay(_ options: MQTTOptions) async throws {
        let recording = try CSVFile(path: file, delimiter: delimiter?.first)
        let replay = Replay(
            recording, columns: try columns(of: recording), pace: pace,
            messages: ReplayMessages(unit: unit, limit: batch))
        let report = try await PublishingRun.run(options, qos: qos.value) { try await replay.run(with: $0) }
        let outcome = ReplayReport(report, rows: replay.readings + replay.invalidRows, invalid: replay.invalidRows)
        Console.say(json ? try jsonLine(outcome) : outcome.text)
        if !report.isComplete { throw ExitCode(1) }
    }

    private var pace: ReplayPace {
        if let rate { return .rate(rate) }
        return speed.map(ReplayPace.speed) ?? .unlimited
    }

    private func columns(of recording: CSVFile) throws -> RecordingColumns {
        let fileName = URL(filePath: file).deletingPathExtension().lastPathComponent
        return RecordingColumns(
            time: try recording.column(timeColumn, path: file), value: try recording.column(valueColumn, path: file),
            device: try source(deviceColumn, device ?? fileName, recording),
            sensor: try source(sensorColumn, sensor ?? valueColumn, recording))
    }

    private func source(_ column: String?, _ name: String, _ recording: CSVFile) throws -> RecordingColumns.Source {
        guard let column else { return .constant(name) }
        return .column(try recording.column(column, path: file))
    }
}
