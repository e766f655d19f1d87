import ArgumentParser
import FoundationEssentials
import Model
import Platform
import Spool

/// `sluice spool export`
struct ExportSpools: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the readings that wait to a CSV file.",
        discussion: """
            For a spool whose machine will not run again. Publish them elsewhere with
              sluice replay FILE --time-column time --value-column value --device-column device --sensor-column sensor
            A spool that is delivered as well stores its readings twice then. Dead letters are counted and not exported.

            EXAMPLE
              sluice spool export --output rest.csv
            """)

    @OptionGroup var options: SpoolOptions

    @Option(help: "The CSV file; it must not be there yet.")
    var output: String

    @OptionGroup var look: LookOptions

    func run() throws {
        guard !FileManager.default.fileExists(atPath: output) else {
            throw ValidationError("\(output) is there already.")
        }
        guard FileManager.default.createFile(atPath: output, contents: nil),
            let file = try? OpenFile(output, for: .update)
        else { throw ValidationError("\(output) cannot be written.") }
        try file.write("time,device,sensor,value,unit\n".utf8)
        var (readings, others, damaged) = (0, 0, 0)
        for path in try options.paths() {
            var batches = SpooledBatches(try SpoolReader(path: path))
            while let next = try batches.next() {
                guard let batch = next.batch else {
                    damaged += 1
                    continue
                }
                readings += batch.count
                others += batch.deadLetters.count + batch.presence.count
                try file.write((0..<batch.count).map { Self.line($0, of: batch) }.joined().utf8)
            }
        }
        try file.synchronize()
        try look.say(["readings": readings, "leftOut": others, "damagedBatches": damaged]) { [readings, others] _ in
            "exported \(readings) readings; left out: \(others) dead letters and presence changes"
        }
        guard damaged > 0 else { return }
        Console.warn("\(damaged) batches are damaged: see sluice spool verify")
        throw ExitCode(1)
    }

    private static func line(_ row: Int, of batch: ReadingBatch) -> String {
        let series = batch.series(ofRow: row)
        let cells = [
            Timestamp(microseconds: batch.timestamp[row]).iso8601, series.device, series.sensor,
            "\(batch.value[row])", series.unit,
        ]
        return cells.map(quoted).joined(separator: ",") + "\n"
    }

    /// RFC 4180.
    private static func quoted(_ cell: String) -> String {
        guard cell.contains(where: { ",\"\n\r".contains($0) }) else { return cell }
        return "\"" + cell.replacing("\"", with: "\"\"") + "\""
    }
}
