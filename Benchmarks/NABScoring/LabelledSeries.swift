public import Model

/// One data file of the corpus: a series and the windows in which people say that something happened.
public struct LabelledSeries: Sendable {
    /// Below `data/`, as the labels name it: `realTraffic/speed_7578.csv`.
    public let path: String
    /// As the file has them; results repeat them.
    public let timestampTexts: [String]
    /// The same, taken for UTC as NAB names no zone. Not always ascending, and some come twice.
    public let timestamps: [Timestamp]
    public let values: [Double]
    /// Rows, both edges included, in ascending order and apart.
    public let windows: [ClosedRange<Int>]

    /// The first rows, in which a detector may learn: they neither earn nor cost anything.
    public var probation: Int { Self.probation(readings: values.count) }

    /// 15 % of the readings, and of at most 5,000.
    static func probation(readings: Int) -> Int {
        Int(min((0.15 * Double(readings)).rounded(.down), 0.15 * 5_000))
    }

    /// - Parameter edges: the first and the last time of each window, as the labels write them.
    init(data table: CSVTable, path: String, edges: [[String]]) throws(CorpusError) {
        self.path = path
        let stamps = try table.column("timestamp")
        timestampTexts = stamps.map { String($0.text) }
        values = try table.numbers("value")
        timestamps = try Self.timestamps(stamps, file: table.file)
        windows = try Self.windows(edges, in: timestamps, series: path)
    }

    private static func timestamps(
        _ stamps: [(line: Int, text: Substring)], file: String
    ) throws(CorpusError) -> [Timestamp] {
        var timestamps: [Timestamp] = []
        timestamps.reserveCapacity(stamps.count)
        for (line, text) in stamps {
            guard let time = Timestamp(nab: text) else { throw .badTimestamp(String(text), line: line, file: file) }
            timestamps.append(time)
        }
        return timestamps
    }

    private static func windows(
        _ edges: [[String]], in timestamps: [Timestamp], series: String
    ) throws(CorpusError) -> [ClosedRange<Int>] {
        guard !edges.isEmpty else { return [] }
        // Where a time comes twice, NAB means its first row.
        let rows = Dictionary(zip(timestamps, timestamps.indices)) { first, _ in first }
        var windows: [ClosedRange<Int>] = []
        for pair in edges {
            var found: [Int] = []
            for edge in pair {
                guard let time = Timestamp(nab: edge[...]), let row = rows[time] else {
                    throw .edgeOutsideSeries(edge, series: series)
                }
                found.append(row)
            }
            guard found.count == 2, found[0] <= found[1], found[0] > windows.last?.upperBound ?? -1 else {
                throw .windowsOutOfOrder(series: series)
            }
            windows.append(found[0]...found[1])
        }
        return windows
    }
}

extension Timestamp {
    /// `2015-09-08 11:39:00`, with up to six digits of a second's fraction or none.
    init?(nab text: Substring) {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count > 1 ? parts[1] : ""
        guard fraction.count <= 6 else { return nil }
        let padded = fraction + String(repeating: "0", count: 6 - fraction.count)
        self.init(iso8601: parts[0].replacing(" ", with: "T", maxReplacements: 1) + ".\(padded)Z")
    }
}
