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
    /// What PostgreSQL lacks, over the spools whose account differs. One spool's surplus makes up for nobody's loss.
    public var missing: Int
    /// What PostgreSQL has more than was sent, over the same spools.
    public var surplus: Int
    /// `missing` less `surplus`.
    public var difference: Int

    init(_ report: LedgerReport) {
        switch report.state {
        case .balanced: state = .balanced
        case .unbalanced: state = .off
        case .unknown: state = .unknown
        }
        acknowledged = report.producers.reduce(0) { $0 + $1.expected }
        accounted = report.producers.reduce(0) { $0 + $1.found }
        // Of a spool that is unknown one side was not asked: what is not found there is not lost.
        let differences = report.producers.filter { $0.state == .unbalanced }.map(\.difference)
        missing = differences.reduce(0) { $0 + max(0, $1) }
        surplus = differences.reduce(0) { $0 + max(0, -$1) }
        difference = missing - surplus
    }
}
