internal import Alerting
internal import Model

/// What became of a transition that was to be stored.
public enum AlertOutcome: Hashable, Sendable {
    case stored
    /// It was there already, or something later of the same alert.
    case known
    /// Another alert of the same fingerprint is open: nobody is to be told of this one. The open one's id and last ordinal.
    case superseded(by: String, ordinal: UInt32)
}

/// Applies transitions to the rows that they concern. No I/O: the caller has locked and read these, and writes what changed.
struct AlertFold {
    private var records: [ExactText: AlertRecord] = [:]
    /// The alert of each fingerprint that is not resolved.
    private var open: [AlertFingerprint: ExactText] = [:]
    private var changed: Set<ExactText> = []

    /// - Parameter records: those that have the id of a transition, and those that are open and of the fingerprint of one.
    init(_ records: [AlertRecord]) {
        for record in records { keep(record) }
    }

    /// Rows to write. Those that are over come first: they make room for one that opens.
    var changes: [AlertRecord] {
        let rows = changed.compactMap { records[$0] }
        return rows.filter { $0.state == .resolved } + rows.filter { $0.state != .resolved }
    }

    mutating func take(_ transition: AlertTransition) -> AlertOutcome {
        let id = ExactText(transition.alertID)
        if let record = records[id], transition.ordinal <= record.ordinal { return .known }
        // An end is recorded whoever is open: it opens nothing.
        if transition.to != .resolved, let other = open[transition.fingerprint], other != id,
            let record = records[other]
        {
            return .superseded(by: record.id, ordinal: record.ordinal)
        }
        var record = records[id] ?? AlertRecord(transition)
        record.take(transition)
        keep(record)
        changed.insert(id)
        return .stored
    }

    private mutating func keep(_ record: AlertRecord) {
        let id = ExactText(record.id)
        records[id] = record
        if record.state != .resolved {
            open[record.fingerprint] = id
        } else if open[record.fingerprint] == id {
            open[record.fingerprint] = nil
        }
    }
}
