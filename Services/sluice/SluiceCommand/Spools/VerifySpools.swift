import ArgumentParser
import Model
import Spool
import Wire

/// `sluice spool verify`
struct VerifySpools: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check the checksum and the form of every batch.",
        discussion: "Exits with 1 when something is damaged.")

    @OptionGroup var options: SpoolOptions

    func run() throws {
        var damaged = 0
        for path in try options.paths() {
            let reader = try SpoolReader(path: path)
            var intact = 0
            var batches = SpooledBatches(reader)
            while let batch = try batches.next() {
                if let fault = batch.fault {
                    damaged += 1
                    Console.say("\(path): batch \(batch.sequence) is damaged: \(fault)")
                } else {
                    intact += 1
                }
            }
            let aside = try reader.status().damagedBatches
            damaged += aside
            Console.say("\(path): \(intact) batches are intact, \(aside) were set aside as damaged")
        }
        if damaged > 0 { throw ExitCode(1) }
    }
}

/// The batches of a spool in order, decoded. One that leaves meanwhile is passed over.
struct SpooledBatches {
    struct Element {
        var sequence: UInt64
        var spooledAt: Timestamp
        /// Nil when it is damaged.
        var batch: ReadingBatch?
        var fault: String?
    }

    private let reader: SpoolReader
    private let partitions: PartitionCount
    private var position: UInt64 = 0

    init(_ reader: SpoolReader) {
        self.reader = reader
        partitions = reader.partitions.flatMap { UInt16(exactly: $0) }.map(PartitionCount.init) ?? .standard
    }

    mutating func next() throws -> Element? {
        guard let (spooled, isIntact) = try reader.first(after: position) else { return nil }
        position = spooled.sequence
        guard isIntact else {
            return Element(
                sequence: position, spooledAt: spooled.spooledAt, fault: "its bytes are not what was written")
        }
        do {
            let batch = try BatchCodec.decode(spooled.payload, partitions: partitions)
            return Element(sequence: position, spooledAt: spooled.spooledAt, batch: batch)
        } catch {
            return Element(sequence: position, spooledAt: spooled.spooledAt, fault: "\(error)")
        }
    }
}
