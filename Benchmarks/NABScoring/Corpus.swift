internal import Foundation

/// The data files of the Numenta Anomaly Benchmark with their labels, or some of them.
public struct Corpus: Sendable {
    /// In the order of their paths.
    public let series: [LabelledSeries]

    /// - Parameter folder: has `data/<category>/<file>.csv` with the columns `timestamp` and `value`, and
    ///   `labels/combined_windows.json`, an object of paths below `data/` to lists of [first, last] times.
    /// - Throws: ``CorpusError``: a file is missing or unreadable, or the labels do not fit the data.
    public init(folder: String) throws(CorpusError) {
        let labels = try Self.labels(file: folder + "/labels/combined_windows.json")
        var series: [LabelledSeries] = []
        for (path, edges) in labels.sorted(by: { $0.key < $1.key }) {
            let table = try CSVTable(file: "\(folder)/data/\(path)")
            series.append(try LabelledSeries(data: table, path: path, edges: edges))
        }
        self.series = series
    }

    private init(series: [LabelledSeries]) {
        self.series = series
    }

    /// The corpus of these series alone.
    ///
    /// - Throws: ``CorpusError/unknownSeries(_:)``.
    public func selecting(_ paths: Set<String>) throws(CorpusError) -> Corpus {
        let known = series.filter { paths.contains($0.path) }
        if let unknown = paths.subtracting(known.map(\.path)).min() { throw .unknownSeries(unknown) }
        return Corpus(series: known)
    }

    private static func labels(file: String) throws(CorpusError) -> [String: [[String]]] {
        let data = try Data(readingFile: file)
        do {
            return try JSONDecoder().decode([String: [[String]]].self, from: data)
        } catch {
            throw .badLabels(file, reason: String(describing: error))
        }
    }
}
