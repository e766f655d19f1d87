import Foundation

/// What `Fixtures/running-zscore/make.py` wrote.
struct ZScoreFixture {
    struct Expected {
        var z: Double
        var isAnomalous: Bool
        var low: Double
        var high: Double
    }

    let readings: [(series: String, value: Double)]
    let expected: [Expected]

    init(thisFile: String = #filePath) throws {
        let folder = URL(fileURLWithPath: thisFile).deletingLastPathComponent().appending(
            path: "Fixtures/running-zscore")
        readings = try Self.rows(folder.appending(path: "input.csv")).map { (String($0[0]), Double($0[1]) ?? .nan) }
        expected = try Self.rows(folder.appending(path: "expected.csv")).map { row in
            Expected(
                z: Double(row[0]) ?? .nan, isAnomalous: row[1] == "1", low: Double(row[2]) ?? .nan,
                high: Double(row[3]) ?? .nan)
        }
    }

    private static func rows(_ file: URL) throws -> [[Substring]] {
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n").dropFirst().map {
            $0.split(separator: ",")
        }
    }
}
