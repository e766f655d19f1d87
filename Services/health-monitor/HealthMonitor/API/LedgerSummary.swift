import Ledger

/// The ledger in one line, as of the last time that everybody was asked.
public struct LedgerSummary: Codable, Hashable, Sendable {
    public enum State: String, Codable, Sendable {
        case balanced
        /// The sides differ.
        case off
        /// One side cannot be asked.
        case unknown
    }

    public var state: State
    /// Readings, dead letters and changes of presence that the broker was told are safe, and that have been handed on.
    public var acknowledged: Int
    /// Those of them that PostgreSQL has.
    public var accounted: Int
    /// Positive: lost. Negative: more than was sent.
    public var difference: Int

    init(_ report: LedgerReport) {
        switch report.state {
        case .balanced: state = .balanced
        case .unbalanced: state = .off
        case .unknown: state = .unknown
        }
        acknowledged = report.producers.reduce(0) { $0 + $1.expected }
        accounted = report.producers.reduce(0) { $0 + $1.found }
        difference = acknowledged - accounted
    }
}
