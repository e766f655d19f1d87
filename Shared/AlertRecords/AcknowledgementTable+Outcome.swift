public import Alerting
internal import IOLoop
internal import PostgreSQL

extension AlertBook.Acknowledgement {
    /// As the alert's owner gives it to ``AcknowledgementTable/take(_:outcome:)``, and as people read it.
    public var outcome: String {
        switch self {
        // Asked once more, or by somebody else just before: somebody has it in hand, which is what was asked for.
        case .acknowledged, .notFiring(.acknowledged): AcknowledgementTable.acknowledged
        case .notFiring(let state): "not firing: \(state.name)"
        case .unknown: "unknown to its detector"
        }
    }
}

extension AcknowledgementTable {
    /// The outcome of what succeeded.
    public nonisolated static let acknowledged = "acknowledged"

    /// What came of the last that was asked; nil as long as the alert's owner has not taken it, and where nobody asked.
    ///
    /// - Parameter alertID: the whole id.
    public func outcome(of alertID: String) async throws -> String? {
        let rows = try await connection.query(Self.outcome, [.text(alertID.storable)])
        return rows.isEmpty ? nil : rows.optionalText(0, 0)
    }

    private nonisolated static let outcome = PreparedStatement(
        name: "outcome of acknowledgement",
        sql: """
            SELECT coalesce(outcome, '') FROM alert_acknowledgements WHERE alert_id = $1 AND taken_at IS NOT NULL
            """)
}

extension UnknownAlert {
    /// - Parameter id: as somebody wrote it.
    public init(named id: String) {
        self.id = id
    }
}
