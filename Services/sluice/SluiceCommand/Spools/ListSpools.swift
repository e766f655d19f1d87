import ArgumentParser
import FoundationEssentials
import Model
import Spool

/// `sluice spool ls`
struct ListSpools: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "List spools with what waits in them.",
        discussion: """
            Names the damaged files that were kept as well. Exits with 1 when a spool cannot be read.

            EXAMPLES
              sluice spool ls
              sluice spool ls --json /var/lib/sluice/spool/mqtt-ingest-1.sqlite
            """)

    @OptionGroup var options: SpoolOptions

    @OptionGroup var look: LookOptions

    func run() throws {
        var entries: [SpoolEntry] = []
        var isComplete = true
        for path in try options.paths() {
            do {
                entries.append(try SpoolEntry(SpoolReader(path: path)))
            } catch {
                Console.warn("\(error)")
                isComplete = false
            }
        }
        if look.json {
            Console.say(try printedJSON(entries))
        } else {
            let columns: [TextTable.Column] = [
                "SPOOL", "OWNER", .number("BATCHES"), .number("READINGS"), .number("BYTES"), "OLDEST",
                .number("DAMAGED"), "PRODUCER",
            ]
            Console.say(TextTable(columns, entries.map(\.cells)).text(look.palette))
            let quarantined = try options.quarantined()
            if !quarantined.isEmpty {
                Console.say("\nDamaged files, kept though what could be read of them is delivered:")
                for file in quarantined { Console.say(file) }
            }
        }
        if !isComplete { throw ExitCode(1) }
    }
}

/// One spool, as scripts read it.
struct SpoolEntry: Codable {
    var file: String
    /// The process that has it open; absent when nobody does.
    var owner: Int32?
    var producer: String
    var partitions: Int?
    var batches: Int
    /// Readings, dead letters and presence changes.
    var readings: Int
    /// Encoded; the file is larger.
    var bytes: Int
    /// When the oldest batch was written, ISO 8601.
    var oldest: String?
    /// Set aside when they were to be sent.
    var damagedBatches: Int

    init(_ reader: SpoolReader) throws {
        let status = try reader.status()
        file = reader.path
        owner = reader.owner
        producer = reader.producer
        partitions = reader.partitions
        batches = status.batches
        readings = status.weight
        bytes = status.bytes
        oldest = status.oldest?.iso8601
        damagedBatches = status.damagedBatches
    }

    fileprivate var cells: [TextTable.Cell] {
        [
            TextTable.Cell(URL(filePath: file).lastPathComponent), TextTable.Cell(owner.map { "pid \($0)" } ?? "-"),
            "\(batches)", "\(readings)", "\(bytes)", TextTable.Cell(oldest.map { String($0.prefix(19)) + "Z" } ?? "-"),
            TextTable.Cell("\(damagedBatches)", damagedBatches == 0 ? .plain : .bad), TextTable.Cell(producer),
        ]
    }
}
