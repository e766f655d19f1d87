import HTTPEndpoints
import Model

/// What the monitor itself has seen: it answers without PostgreSQL.
enum StatusRoutes {
    /// - Parameter freshness: what was seen longer ago says nothing of now.
    static func make(_ watch: FleetWatch, _ ledger: LedgerWatch, _ board: StatusBoard, freshness: Duration)
        -> [HTTPRoute]
    {
        let recent = RecentLedger(ledger)
        let account: @Sendable (HTTPQuestion) async -> HTTPAnswer = { _ in .json(await recent.report().json) }
        return [
            HTTPRoute("/api/status", access: .openOnLoopback) { _ in .json(board.status) },
            HTTPRoute("/api/ready") { _ in
                PipelineReadiness(await watch.status, at: .now(), freshness: freshness).answer
            },
            HTTPRoute("/api/history", access: .openOnLoopback) { question in history(question, board) },
            HTTPRoute("/api/events", access: .openOnLoopback) { _ in events(board.events) },
            HTTPRoute("/api/openapi.json") { _ in .json(description) },
            HTTPRoute("/api/session") { question in session(question.caller) },
            HTTPRoute("/api/ledger", access: .openOnLoopback, answer: account),
            // Where other services have theirs.
            HTTPRoute("/ledger", access: .openOnLoopback, answer: account),
        ]
    }

    /// OpenAPI 3.1 of all that is under `/api`.
    private static let description = String(decoding: PackageResources.openapi_json, as: UTF8.self)

    private static func history(_ question: HTTPQuestion, _ board: StatusBoard) -> HTTPAnswer {
        do {
            let query = try QueryFields(question.query, known: ["minutes"])
            return .json(board.history(minutes: try query.number("minutes", default: 60, in: 1...60)))
        } catch {
            return .error("\(error)", status: 400)
        }
    }

    /// What whoever asks may do: for pages that ask for the token when they need it.
    private static func session(_ caller: HTTPCaller) -> HTTPAnswer {
        var json = JSONText()
        json.beginObject()
        json.key("reads")
        json.string(caller.mayReadWithoutToken ? "open" : "token")
        json.key("changes")
        json.string(caller.isThereAToken ? "token" : "shut")
        json.key("authorized")
        json.raw("\(caller.hasToken)")
        json.endObject()
        return .json(json.text + "\n")
    }

    private static func events(_ feed: EventFeed) -> HTTPAnswer {
        guard let stream = feed.join() else {
            var answer = HTTPAnswer.error(
                "there are \(feed.mostReaders) event streams, which is as many as there may be: close one, or ask /api/status",
                status: 503)
            answer.headers["Retry-After"] = "5"
            return answer
        }
        return .stream(HTTPChunks(stream), contentType: "text/event-stream")
    }
}
