import Foundation
import NABScoring

/// A folder that a test fills with a corpus and results; gone with the test.
final class CorpusFolder {
    static let series = "some/series.csv"
    private let url = FileManager.default.temporaryDirectory.appending(path: "nab-\(UUID().uuidString)")

    deinit { try? FileManager.default.removeItem(at: url) }

    var path: String { url.path() }
    var results: ResultFolder { ResultFolder(path + "/results") }

    /// One series of readings a minute apart from 2026-03-01 10:00.
    convenience init(readings: Int, windows: String = "[]") throws {
        let rows = (0..<readings).map { "\(Self.time(row: $0)),\($0)\n" }
        try self.init(data: "timestamp,value\n" + rows.joined(), windows: windows)
    }

    init(data: String, windows: String = "[]") throws {
        try write("data/" + Self.series, data)
        try write("labels/combined_windows.json", "{\"\(Self.series)\": \(windows)}")
    }

    func write(_ file: String, _ text: String) throws {
        let target = url.appending(path: file)
        try FileManager.default.createDirectory(
            at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: target)
    }

    func read(_ file: String) throws -> String {
        try String(contentsOf: url.appending(path: file), encoding: .utf8)
    }

    func corpus() throws(CorpusError) -> Corpus { try Corpus(folder: path) }

    static func time(row: Int) -> String {
        let minutes = 600 + row
        let parts = [1 + minutes / 1_440, minutes / 60 % 24, minutes % 60].map { String($0 + 100).suffix(2) }
        return "2026-03-\(parts[0]) \(parts[1]):\(parts[2]):00"
    }
}
