internal import Foundation

/// A detector's result files, in NAB's layout: `<folder>/<category>/<detector>_<file>.csv`.
public struct ResultFolder: Sendable {
    private let folder: String

    public init(_ folder: String) {
        self.folder = folder
    }

    /// Writes a file for each series, with the columns timestamp, value, anomaly_score, and label: 1 in a window.
    ///
    /// - Throws: ``CorpusError/missingScores(series:)``, ``CorpusError/rowCount(series:scores:readings:)``,
    ///   ``CorpusError/scoreOutOfRange(_:row:series:)``, ``CorpusError/cannotWrite(_:reason:)``.
    public func write(_ scores: [String: [Double]], of corpus: Corpus, detector: String) throws(CorpusError) {
        for series in corpus.series {
            let scored = try ScoredSeries(series, scores: scores[series.path])
            let (category, name) = Self.parts(series.path)
            try Self.write(scored.resultText, file: "\(folder)/\(category)/\(detector)_\(name)")
        }
    }

    /// The scores of each series' path.
    ///
    /// A result may also lie at the data file's own path. Only the column `anomaly_score` is needed.
    ///
    /// - Throws: ``CorpusError``: a file is missing or unreadable, or two could be the same series'.
    public func read(_ corpus: Corpus) throws(CorpusError) -> [String: [Double]] {
        var scores: [String: [Double]] = [:]
        for series in corpus.series {
            scores[series.path] = try CSVTable(file: try file(of: series.path)).numbers("anomaly_score")
        }
        return scores
    }

    private func file(of path: String) throws(CorpusError) -> String {
        let plain = "\(folder)/\(path)"
        if FileManager.default.fileExists(atPath: plain) { return plain }
        let (category, name) = Self.parts(path)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(category)")) ?? []
        let candidates = names.filter { $0.hasSuffix("_" + name) }.sorted()
        guard let candidate = candidates.first else { throw .missingFile(plain) }
        guard candidates.count == 1 else { throw .ambiguousResult(path: path, candidates: candidates) }
        return "\(folder)/\(category)/\(candidate)"
    }

    private static func parts(_ path: String) -> (category: String, name: String) {
        let url = URL(filePath: path)
        return (url.deletingLastPathComponent().relativePath, url.lastPathComponent)
    }

    private static func write(_ text: String, file: String) throws(CorpusError) {
        let url = URL(filePath: file)
        do {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        } catch {
            throw .cannotWrite(file, reason: error.localizedDescription)
        }
    }
}

extension ScoredSeries {
    /// The shortest digits that read back as the same numbers.
    fileprivate var resultText: String {
        var labels = [Int](repeating: 0, count: scores.count)
        for window in series.windows { labels.replaceSubrange(window, with: repeatElement(1, count: window.count)) }
        var text = "timestamp,value,anomaly_score,label\n"
        for row in scores.indices {
            text += "\(series.timestampTexts[row]),\(series.values[row]),\(scores[row]),\(labels[row])\n"
        }
        return text
    }
}
