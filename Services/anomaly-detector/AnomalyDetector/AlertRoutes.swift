internal import AlertRecords
internal import Alerting
internal import HTTPEndpoints
internal import IOLoop
internal import Model
internal import PostgreSQL

/// What operators ask and do about alerts over HTTP, with their token. It answers from PostgreSQL, so that any instance may be
/// asked about the alerts of all.
@IOThread
final class AlertRoutes {
    private let desk: AlertDesk

    /// - Parameter session: for this alone.
    init(_ session: PostgreSQLSession) {
        desk = AlertDesk(session)
    }

    func close() {
        desk.close()
    }

    /// To be added while the service is composed.
    var routes: [HTTPRoute] {
        [
            route(.get, "/api/alerts", Self.list), route(.get, "/api/alerts/show", Self.show),
            route(.post, "/api/alerts/ack", Self.acknowledge), route(.get, "/api/silences", Self.silences),
            route(.post, "/api/silences", Self.silence), route(.post, "/api/silences/end", Self.endSilence),
        ]
    }

    private func route(
        _ method: HTTPRoute.Method, _ path: String,
        _ work: @escaping @IOThread @Sendable (HTTPQuestion, PostgreSQLConnection) async throws -> HTTPAnswer
    ) -> HTTPRoute {
        HTTPRoute(method, path, access: .requiresToken) { [desk = Pinned(desk)] question in
            await desk.value.answer(question, work)
        }
    }
}

extension AlertRoutes {
    /// `{"alerts":[…],"total":3}`
    private static func list(_ question: HTTPQuestion, _ connection: PostgreSQLConnection) async throws -> HTTPAnswer {
        let selection = try AlertListQuestion(question.query)
        let table = AlertTable(connection: connection)
        let alerts = try await table.list(selection.filter, limit: selection.limit)
        let total = try await table.count(selection.filter)
        return .json(#"{"alerts":\#(alerts.map(\.json).array),"total":\#(total)}"# + "\n")
    }

    private static func show(_ question: HTTPQuestion, _ connection: PostgreSQLConnection) async throws -> HTTPAnswer {
        let id = try AlertListQuestion.id(question.query)
        guard let history = try await AlertTable(connection: connection).show(id) else { throw UnknownAlert(named: id) }
        return .json(history.json.text + "\n")
    }

    /// Its owner takes it from the table within a second or so: the answer is 202, and `show` tells what came of it.
    private static func acknowledge(
        _ question: HTTPQuestion, _ connection: PostgreSQLConnection
    ) async throws -> HTTPAnswer {
        let body = try JSONBody(question.body, keys: ["id", "by", "note"])
        let (id, actor) = (try body.text("id"), try body.text("by"))
        let note = try body.optionalText("note") ?? ""
        guard let alert = try await AlertTable(connection: connection).show(id)?.alert else {
            throw UnknownAlert(named: id)
        }
        try await AcknowledgementTable(connection: connection).ask(alert.id, by: actor, note: note)
        return .fields([("id", alert.id), ("by", actor), ("outcome", "asked")], status: 202)
    }

    /// `{"silences":[…]}`; with `all` also those that are over.
    private static func silences(
        _ question: HTTPQuestion, _ connection: PostgreSQLConnection
    ) async throws -> HTTPAnswer {
        let now = Timestamp.now()
        let records = try await SilenceTable(connection: connection).list(all: question.query["all"] != nil, at: now)
        return .json(#"{"silences":\#(records.map { $0.json(at: now) }.array)}"# + "\n")
    }

    private static func silence(
        _ question: HTTPQuestion, _ connection: PostgreSQLConnection
    ) async throws -> HTTPAnswer {
        let now = Timestamp.now()
        let silence = try SilenceQuestion(question.body, now: now).silence
        try await SilenceTable(connection: connection).add(silence)
        return .json(SilenceRecord(silence: silence, createdAt: now).json(at: now).text + "\n", status: 201)
    }

    private static func endSilence(
        _ question: HTTPQuestion, _ connection: PostgreSQLConnection
    ) async throws -> HTTPAnswer {
        let body = try JSONBody(question.body, keys: ["id", "by"])
        let (id, actor) = (try body.text("id"), try body.text("by"))
        try await SilenceTable(connection: connection).end(id, by: actor, at: .now())
        return .fields([("id", id), ("state", "ended"), ("by", actor)], status: 200)
    }
}
