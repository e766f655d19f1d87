import ArgumentParser
import Model
import Spool
import Wire

/// `sluice spool verify`
struct VerifySpools: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check the checksum and the form of every batch.",
        discussion: """
            Exits with 1 when something is damaged.

            EXAMPLE
              sluice spool verify
            """)

    @OptionGroup var options: SpoolOptions
    @OptionGroup var look: LookOptions

    private struct Verdict: Encodable {
        var file: String
        var intact = 0
        /// Set aside when they were to be sent.
        var setAside = 0
        /// By their sequence.
        var damaged: [UInt64: String] = [:]

        var isSound: Bool { setAside == 0 && damaged.isEmpty }

        func text(_ palette: Palette) -> String {
            let faults = damaged.sorted { $0.key < $1.key }.map { sequence, fault in
                palette.paint("\(file): batch \(sequence) is damaged: \(fault)", .bad)
            }
            let summary = "\(file): \(intact) batches are intact, \(setAside) were set aside as damaged"
            return (faults + [summary]).joined(separator: "\n")
        }
    }

    func run() throws {
        let verdicts = try options.paths().map(Self.verdict)
        if !verdicts.isEmpty || look.json {
            try look.say(verdicts) { palette in verdicts.map { $0.text(palette) }.joined(separator: "\n") }
        }
        if !verdicts.allSatisfy(\.isSound) { throw ExitCode(1) }
    }

    private static func verdict(_ path: String) throws -> Verdict {
        let reader = try SpoolReader(path: path)
        var verdict = Verdict(file: path)
        var batches = SpooledBatches(reader)
        while let batch = try batches.next() {
            if let fault = batch.fault {
                verdict.damaged[batch.sequence] = fault
            } else {
                verdict.intact += 1
            }
        }
        verdict.setAside = try reader.status().damagedBatches
        return verdict
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
