import FoundationEssentials
import IOLoop
import Model

/// Publishes a recording and keeps account of its rows.
@IOThread
final class Replay {
    private let file: CSVFile
    private let columns: RecordingColumns
    private let pace: ReplayPace
    private var messages: ReplayMessages
    private var first: Timestamp?
    private(set) var readings = 0
    private(set) var invalidRows = 0

    /// More than this many invalid rows are only counted.
    private static let namedRows = 1_000

    init(_ file: CSVFile, columns: RecordingColumns, pace: ReplayPace, messages: ReplayMessages) {
        self.file = file
        self.columns = columns
        self.pace = pace
        self.messages = messages
    }

    /// - Throws: an error of the file system or of the broker.
    func run(with publisher: Publisher) async throws {
        let start = ContinuousClock.now
        var bar = ProgressBar()
        while !publisher.isStopped, let record = try file.next() {
            bar.update(done: file.position, of: file.size, readings: readings)
            guard let reading = usable(record) else { continue }
            let elapsed = reading.timestamp.since(first ?? reading.timestamp)
            first = first ?? reading.timestamp
            let due = pace.delay(index: readings, elapsed: elapsed).map { start + $0 }
            readings += 1
            for message in messages.add(reading) { try await publisher.publish(at: due) { message } }
        }
        if let message = messages.take() { try await publisher.publish(at: nil) { message } }
        let unnamed = invalidRows - Self.namedRows
        if unnamed > 0 { Console.warn("and \(unnamed) more rows that are no readings") }
    }

    private func usable(_ record: CSVRecord) -> RecordedReading? {
        do throws(InvalidRow) {
            return try columns.reading(record)
        } catch {
            invalidRows += 1
            if invalidRows <= Self.namedRows { Console.warn("\(error)") }
            return nil
        }
    }
}

/// How far a replay has come, on a terminal.
struct ProgressBar {
    private var shown = -1

    mutating func update(done: UInt64, of size: UInt64, readings: Int) {
        guard Console.isTerminal, size > 0 else { return }
        // The file is read in chunks, so this changes rarely.
        let percent = Int(done * 100 / size)
        guard percent != shown || readings % 10_000 == 0 else { return }
        shown = percent
        let filled = percent * 30 / 100
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 30 - filled)
        Console.progress("\(bar) \(percent) %  \(readings) readings")
    }
}
