public import Alerting
public import IOLoop
public import Model
public import PostgreSQL

/// `alerts` and `alert_transitions`: the lives of alerts, as whoever owns a series reports them.
///
/// All methods throw ``PostgreSQLError``; reading ones ``UnreadableAlertRecord`` as well.
@IOThread
public struct AlertTable {
    let connection: PostgreSQLConnection

    public init(connection: PostgreSQLConnection) {
        self.connection = connection
    }

    private var rows: AlertRows { AlertRows(connection: connection) }

    /// Records transitions in one transaction, whoever else records some at the same time.
    ///
    /// Storing one again is harmless: after an error that is retriable the same may be given again, and what was stored
    /// all the same is then ``AlertOutcome/known``. At most one alert of a fingerprint is open: a transition of another one that is
    /// not its end is ``AlertOutcome/superseded(by:ordinal:)``, and nothing of it is recorded.
    ///
    /// - Parameter transitions: of one series in the order in which they came about.
    /// - Returns: one outcome each, in the same order.
    public func store(_ transitions: [AlertTransition]) async throws -> [AlertOutcome] {
        guard !transitions.isEmpty else { return [] }
        let transitions = transitions.map(\.storable)
        // Each statement must see what was committed before it, above all by whoever held the locks.
        return try await connection.transaction(begin: "BEGIN ISOLATION LEVEL READ COMMITTED") {
            try await lock(Set(transitions.map { ExactText($0.fingerprint.device) }))
            var fold = AlertFold(try await rows.concerned(by: transitions))
            let outcomes = transitions.map { fold.take($0) }
            try await rows.write(fold.changes)
            try await TransitionRows(connection: connection).write(
                zip(transitions, outcomes).compactMap { $1.isRecorded ? $0 : nil })
            return outcomes
        }
    }

    /// Until the end of the transaction nobody else records what is of these devices. A row lock would not do: of what two of us
    /// are about to open there is no row yet.
    ///
    /// Always in one order, so that nobody waits for each other; and there are 256 of them, so that no storm of alerts uses up
    /// the server's table of locks.
    private func lock(_ devices: Set<ExactText>) async throws {
        try await connection.query(Self.lock, [.texts(devices.map(\.text))])
    }

    private nonisolated static let lock = PreparedStatement(
        name: "lock alerts",
        sql: """
            SELECT pg_advisory_xact_lock(7561578, bucket)
            FROM (SELECT DISTINCT hashtext(device) & 255 AS bucket FROM unnest($1) AS device ORDER BY bucket) AS buckets
            """)

    /// By its id or an unambiguous beginning of it; nil: there is none.
    ///
    /// - Throws: ``AmbiguousAlert``
    public func show(_ id: String) async throws -> AlertHistory? {
        guard !id.isEmpty, let alert = try await find(id.storable) else { return nil }
        let transitions = try await TransitionRows(connection: connection).read(of: alert.id)
        return AlertHistory(alert: alert, transitions: transitions)
    }

    private func find(_ id: String) async throws -> AlertRecord? {
        let found = try await rows.read(Self.beginning, [.text(id)])
        if let exact = found.first, ExactText(exact.id) == ExactText(id) { return exact }
        guard found.count <= 1 else { throw AmbiguousAlert(beginning: id, ids: found.map(\.id)) }
        return found.first
    }

    /// By the index `alerts_id_beginning`, whose operators compare bytes; no character is above U+10FFFF.
    nonisolated static let beginning = PreparedStatement(
        name: "alert by its beginning",
        sql: """
            SELECT \(AlertRows.columns) FROM alerts a
            WHERE alert_id ~>=~ $1 AND alert_id ~<~ ($1::text || U&'\\+10FFFF') AND starts_with(alert_id, $1)
            ORDER BY alert_id <> $1, alert_id COLLATE "C" LIMIT 5
            """)

    /// The alerts of these series that are not resolved, for an owner whose own memory of them is lost.
    public func open(of series: [SensorName]) async throws -> [AlertRecord] {
        guard !series.isEmpty else { return [] }
        let series = Array(Set(series))
        return try await rows.read(
            Self.openOf, [.texts(series.map(\.device.storable)), .texts(series.map(\.sensor.storable))])
    }

    private nonisolated static let openOf = PreparedStatement(
        name: "open alerts of series",
        sql: """
            SELECT \(AlertRows.columns) FROM unnest($1, $2) AS s (device_id, sensor_type)
            JOIN alerts a USING (device_id, sensor_type) WHERE a.state <> 'resolved'
            ORDER BY a.time, a.alert_id
            """)

    /// So many of those that changed last at this time or later, from the one before on: for whoever goes through all of them.
    ///
    /// - Parameter place: the last one of the page before; its id is empty for the first page.
    public func changed(after place: (at: Timestamp, id: String), limit: Int) async throws -> [AlertRecord] {
        try await rows.read(
            Self.changedAfter, [.timestamp(place.at.storable), .text(place.id), .int64(Int64(limit))])
    }

    private nonisolated static let changedAfter = PreparedStatement(
        name: "alerts changed after",
        sql: """
            SELECT \(AlertRows.columns) FROM alerts a WHERE (changed_at, alert_id) > ($1, $2)
            ORDER BY changed_at, alert_id LIMIT $3
            """)
}

extension AlertOutcome {
    fileprivate var isRecorded: Bool {
        switch self {
        case .stored, .known: true
        case .superseded: false
        }
    }
}

/// The beginning of several alerts' ids.
public struct AmbiguousAlert: Error, Hashable, Sendable, CustomStringConvertible {
    public var beginning: String
    /// Some of them.
    public var ids: [String]
    public var isRetriable: Bool { false }

    public var description: String {
        "several alerts begin with '\(beginning)': \(ids.joined(separator: ", "))\(ids.count < 5 ? "" : ", …")"
    }
}
