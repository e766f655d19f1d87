import DatabaseRoutes
import DeadLetters
import FoundationEssentials
import HTTPEndpoints
import IOLoop
import Logging
import Model
import PostgreSQL

/// What could not be stored, and what operators do about it.
@IOThread
struct DeadLetterRoutes {
    /// What one request may send again or give up.
    private static let mostIDs = 500

    private let desk: DatabaseDesk
    private let replays: DatabaseDesk
    private let replay: DeadLetterReplay
    private let logger: Logger

    /// - Parameter replays: of its own, since a replay waits for the broker.
    init(_ desk: DatabaseDesk, replays: DatabaseDesk, replay: DeadLetterReplay, logger: Logger) {
        self.desk = desk
        self.replays = replays
        self.replay = replay
        self.logger = logger
    }

    var routes: [HTTPRoute] {
        [
            desk.route(.get, "/api/dlq", access: .openOnLoopback, Self.list),
            desk.route(.get, "/api/dlq/{id}", access: .openOnLoopback, Self.show),
            replays.route(.post, "/api/dlq/replay", access: .requiresToken) { [replay] question, connection in
                try await Self.replay(question, DeadLetterTable(connection: connection), replay)
            },
            desk.route(.post, "/api/dlq/drop", access: .requiresToken) { [logger] question, connection in
                try await Self.drop(question, DeadLetterTable(connection: connection), logger)
            },
        ]
    }

    private static func list(_ question: HTTPQuestion, _ connection: PostgreSQLConnection) async throws -> HTTPAnswer {
        let fields = try QueryFields(
            question.query, known: ["reason", "stage", "device", "since", "state", "limit", "offset"])
        var selection = DeadLetterSelection()
        selection.reasons = try fields.list("reason") ?? []
        selection.stages = try fields.list("stage") ?? []
        selection.devices = try fields.list("device") ?? []
        selection.from = try fields.time("since")
        selection.includesSettled = try fields.word("state", of: ["open", "all"]) == "all"
        let table = DeadLetterTable(connection: connection)
        let letters = try await table.list(
            selection, limit: try fields.number("limit", default: 50, in: 1...1_000),
            offset: try fields.number("offset", default: 0, in: 0...1_000_000_000))
        let reasons = try await table.countByReason(selection)
        let total = reasons.reduce(0) { $0 + $1.count }
        var json = JSONText()
        json.beginObject()
        json.key("dead_letters")
        json.raw("[\(letters.map { object($0).text }.joined(separator: ",\n"))]")
        json.key("total")
        json.number(Int64(total))
        json.key("by_reason")
        json.raw("[\(reasons.map { count($0.reason, $0.count).text }.joined(separator: ","))]")
        json.endObject()
        return .json(json.text + "\n")
    }

    private static func show(_ question: HTTPQuestion, _ connection: PostgreSQLConnection) async throws -> HTTPAnswer {
        let id = question.parameters["id"] ?? ""
        let table = DeadLetterTable(connection: connection)
        guard let letter = try await table.list(named: [id], limit: 1).first else {
            throw NoSuchThing("there is no dead letter '\(id)'")
        }
        let payload = try await table.payload(letter.id)
        return .json(object(letter, payload: payload).text + "\n")
    }

    private static func drop(
        _ question: HTTPQuestion, _ table: DeadLetterTable, _ logger: Logger
    ) async throws -> HTTPAnswer {
        let body = try JSONBody(question.body, keys: ["ids", "by"])
        let ids = try body.ids(limit: mostIDs)
        let actor = try body.text("by", upTo: JSONBody.longestName)
        var selection = DeadLetterSelection()
        selection.ids = ids.map(String.init)
        let count = try await table.drop(selection)
        logger.notice("dead letters given up", metadata: ["by": "\(actor)", "count": "\(count)"])
        return .json(#"{"dropped":\#(count)}"# + "\n")
    }

    private static func replay(
        _ question: HTTPQuestion, _ table: DeadLetterTable, _ replay: DeadLetterReplay
    ) async throws -> HTTPAnswer {
        let ids = try JSONBody(question.body, keys: ["ids"]).ids(limit: mostIDs)
        let outcomes = try await replay.run(ids, in: table)
        var refused: [JSONText] = []
        for (id, outcome) in outcomes {
            guard case .refused(let sentence) = outcome else { continue }
            var json = JSONText()
            json.beginObject()
            json.key("id")
            json.number(id)
            json.field("error", sentence)
            json.endObject()
            refused.append(json)
        }
        let sent = outcomes.count - refused.count
        return .json(#"{"replayed":\#(sent),"refused":[\#(refused.map(\.text).joined(separator: ","))]}"# + "\n")
    }
}

extension DeadLetterRoutes {
    private nonisolated static func count(_ reason: String, _ count: Int) -> JSONText {
        var json = JSONText()
        json.beginObject()
        json.field("reason", reason)
        json.key("count")
        json.number(Int64(count))
        json.endObject()
        return json
    }

    private nonisolated static func object(_ letter: DeadLetterEntry, payload: [UInt8]? = nil) -> JSONText {
        var json = JSONText()
        json.beginObject()
        json.key("id")
        json.number(letter.id)
        json.field("event_id", letter.eventID)
        json.field("time", letter.receivedAt)
        json.field("device", letter.device)
        json.field("sensor", sensor(ofTopic: letter.topic))
        json.field("topic", letter.topic)
        json.field("reason", letter.reason)
        json.field("detail", letter.detail)
        json.field("stage", letter.stage)
        json.key("bytes")
        json.number(Int64(letter.bytes))
        json.field("state", letter.state.rawValue)
        json.field("replayed", letter.replayedAt)
        json.field("replay_of", letter.replayOf)
        if let payload {
            json.field("payload_text", String(validating: payload, as: UTF8.self))
            json.field("payload_base64", Data(payload).base64EncodedString())
        }
        json.endObject()
        return json
    }

    /// `sensors/{device}/{sensor}`
    private nonisolated static func sensor(ofTopic topic: String) -> String? {
        let parts = topic.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 3 && parts[0] == "sensors" ? String(parts[2]) : nil
    }
}
