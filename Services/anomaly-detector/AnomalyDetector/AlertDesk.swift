internal import AlertRecords
internal import Alerting
internal import HTTPEndpoints
internal import IOLoop
internal import Model
internal import PostgreSQL

/// Takes operators' questions to PostgreSQL, one after the other, on a connection that is made when somebody asks.
@IOThread
final class AlertDesk {
    private let session: PostgreSQLSession
    private var last: Task<Void, Never>?

    init(_ session: PostgreSQLSession) {
        self.session = session
    }

    func close() {
        session.close()
    }

    /// A connection answers one at a time.
    func answer(
        _ question: HTTPQuestion,
        _ work: @escaping @IOThread @Sendable (HTTPQuestion, PostgreSQLConnection) async throws -> HTTPAnswer
    ) async -> HTTPAnswer {
        let previous = last
        let answer = Task { [session] in
            await previous?.value
            do {
                return try await work(question, try await session.connection())
            } catch {
                return Self.answer(to: error)
            }
        }
        last = Task { _ = await answer.value }
        return await answer.value
    }

    /// `{"error":"…"}`, a sentence.
    private static func answer(to error: any Error) -> HTTPAnswer {
        var answer = HTTPAnswer.fields([("error", "\(error)")], status: status(of: error))
        if answer.status == 503 { answer.headers = ["Retry-After": "2"] }
        return answer
    }

    private static func status(of error: any Error) -> Int {
        switch error {
        case is MalformedQuestion, is InvalidMuting, is AmbiguousAlert: 400
        case is UnknownAlert, is UnknownSilence: 404
        case is AlertNotFiring, is AcknowledgementPending, is SilenceIsOver, is SilenceExists: 409
        // Tables that are not there yet: storage-writer makes them.
        case let error as PostgreSQLError where error.isRetriable || error.isMissingTable: 503
        default: 500
        }
    }
}

extension HTTPAnswer {
    /// An object of texts.
    static func fields(_ fields: [(String, String)], status: Int) -> HTTPAnswer {
        var json = JSONText()
        json.beginObject()
        for (name, text) in fields {
            json.key(name)
            json.string(text)
        }
        json.endObject()
        return .json(json.text + "\n", status: status)
    }
}
