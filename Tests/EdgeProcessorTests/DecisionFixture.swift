import Foundation
import Model

/// What `Fixtures/make_fixtures.py` wrote: the readings of one device in the order in which they came.
struct DecisionFixture {
    struct Row {
        var sensor: String
        var timestamp: Timestamp
        var value: Double
        var processed: Double
        var quality: Double
        var score: Double
        /// By column: `original`, `dead_band`, … Why the reading is sent; empty for one that is not.
        var reasons: [String: String]
    }

    let rows: [Row]

    init(thisFile: String = #filePath) throws {
        let file = URL(fileURLWithPath: thisFile).deletingLastPathComponent().appending(path: "Fixtures/decisions.csv")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        let header = lines.first ?? []
        rows = lines.dropFirst().map { cells in
            Row(
                sensor: cells[0], timestamp: Timestamp(microseconds: Int64(cells[1]) ?? 0),
                value: Double(cells[2]) ?? .nan, processed: Double(cells[3]) ?? .nan,
                quality: Double(cells[4]) ?? .nan, score: Double(cells[5]) ?? .nan,
                reasons: Dictionary(uniqueKeysWithValues: zip(header, cells).dropFirst(6)))
        }
    }

    var sensors: [String] { Set(rows.map(\.sensor)).sorted() }
}
