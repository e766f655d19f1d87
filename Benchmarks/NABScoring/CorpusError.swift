/// What is wrong with a corpus, with a result, or with a file of either.
///
/// Reads like "results/art_noisy.csv has no column anomaly_score; it has timestamp, value".
public enum CorpusError: Error, Hashable, Sendable, CustomStringConvertible {
    case missingFile(String)
    /// Several result files could be the one of a data file.
    case ambiguousResult(path: String, candidates: [String])
    case cannotRead(String, reason: String)
    case cannotWrite(String, reason: String)
    case missingColumn(String, file: String, columns: [String])
    /// Lines count from 1, the header.
    case shortRow(line: Int, file: String)
    case badNumber(String, line: Int, file: String)
    case badTimestamp(String, line: Int, file: String)
    case badLabels(String, reason: String)
    /// A window's edge is no timestamp of its series.
    case edgeOutsideSeries(String, series: String)
    /// Windows must follow one another, each with its end at or after its beginning.
    case windowsOutOfOrder(series: String)
    case unknownSeries(String)
    case missingScores(series: String)
    case rowCount(series: String, scores: Int, readings: Int)
    /// A score is a number from 0 to 1.
    case scoreOutOfRange(Double, row: Int, series: String)

    public var description: String {
        switch self {
        case .missingFile(let file): "there is no file \(file)"
        case .ambiguousResult(let path, let candidates):
            "the result of \(path) could be any of \(candidates.joined(separator: ", ")); keep one"
        case .cannotRead(let file, let reason): "cannot read \(file): \(reason)"
        case .cannotWrite(let file, let reason): "cannot write \(file): \(reason)"
        case .missingColumn(let column, let file, let columns):
            "\(file) has no column \(column); it has \(columns.isEmpty ? "none" : columns.joined(separator: ", "))"
        case .shortRow(let line, let file): "line \(line) of \(file) has fewer fields than its header"
        case .badNumber(let text, let line, let file): "line \(line) of \(file): \"\(text)\" is not a finite number"
        case .badTimestamp(let text, let line, let file):
            "line \(line) of \(file): \"\(text)\" is not a time of the form 2015-09-08 11:39:00"
        case .badLabels(let file, let reason): "\(file) is not a list of windows for each series: \(reason)"
        case .edgeOutsideSeries(let edge, let series): "\(series) has a window edge at \(edge) but no reading then"
        case .windowsOutOfOrder(let series): "the windows of \(series) overlap or are not in order of time"
        case .unknownSeries(let series): "the corpus has no series \(series)"
        case .missingScores(let series): "there are no scores for \(series)"
        case .rowCount(let series, let scores, let readings):
            "\(series) has \(readings) readings but \(scores) scores"
        case .scoreOutOfRange(let score, let row, let series):
            "row \(row) of \(series) has the score \(score), which is not from 0 to 1"
        }
    }
}
