internal import AlertRecords
internal import Alerting
public import HTTPEndpoints
public import IOLoop
internal import Model
internal import PostgreSQL

/// What operators ask and do about alerts over HTTP. It answers from PostgreSQL, so that any instance of any service may be
/// asked about the alerts of all.
@IOThread
public struct AlertRoutes {
    private let desk: DatabaseDesk
    private let reads: HTTPRoute.Access

    /// - Parameter reads: who may look; whoever changes something has the token.
    public init(_ desk: DatabaseDesk, reads: HTTPRoute.Access = .requiresToken) {
        self.desk = desk
        self.reads = reads
    }

    /// To be added while the service is composed.
    public var routes: [HTTPRoute] {
        [
            desk.route(.get, "/api/alerts", access: reads, Self.list),
            desk.route(.get, "/api/alerts/show", access: reads, Self.show),
            desk.route(.get, "/api/alerts/{id}", access: reads, Self.showOne),
            desk.route(.post, "/api/alerts/ack", access: .requiresToken, Self.acknowledge),
            desk.route(.get, "/api/silences", access: reads, Self.silences),
            desk.route(.post, "/api/silences", access: .requiresToken, Self.silence),
            desk.route(.post, "/api/silences/end", access: .requiresToken, Self.endSilence),
        ]
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
        try await history(of: try AlertListQuestion.id(question.query), connection)
    }

    private static func showOne(
        _ question: HTTPQuestion, _ connection: PostgreSQLConnection
    ) async throws -> HTTPAnswer {
        try await history(of: question.parameters["id"] ?? "", connection)
    }

    private static func history(of id: String, _ connection: PostgreSQLConnection) async throws -> HTTPAnswer {
        guard let history = try await AlertTable(connection: connection).show(id) else { throw UnknownAlert(named: id) }
        return .json(history.json.text + "\n")
    }

    /// Its owner takes it from the table within a second or so: the answer is 202, and `show` tells what came of it.
    private static func acknowledge(
        _ question: HTTPQuestion, _ connection: PostgreSQLConnection
    ) async throws -> HTTPAnswer {
        let body = try JSONBody(question.body, keys: ["id", "by", "note"])
        let (id, actor) = (try body.text("id"), try body.text("by", upTo: JSONBody.longestName))
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
        let (id, actor) = (try body.text("id"), try body.text("by", upTo: JSONBody.longestName))
        try await SilenceTable(connection: connection).end(id, by: actor, at: .now())
        return .fields([("id", id), ("state", "ended"), ("by", actor)], status: 200)
    }
}
