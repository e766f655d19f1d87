internal import AlertRecords
internal import Alerting
public import HTTPEndpoints
public import IOLoop
internal import Model
public import PostgreSQL

/// Takes operators' questions to PostgreSQL, one after the other, on a connection that is made when somebody asks.
@IOThread
public final class DatabaseDesk {
    public typealias Work = @IOThread @Sendable (HTTPQuestion, PostgreSQLConnection) async throws -> HTTPAnswer

    /// More who wait would get their answers when nobody waits for them any more.
    private static let longestQueue = 64
    /// For so long nobody tries again to connect: each try may take seconds, and others wait behind it.
    private static let pause = Duration.seconds(1)

    private let session: PostgreSQLSession
    /// Why there was no connection the last time.
    private var failure: (error: any Error, at: ContinuousClock.Instant)?
    private var last: Task<Void, Never>?
    private var waiting = 0

    /// - Parameter session: for this alone.
    public init(_ session: PostgreSQLSession) {
        self.session = session
    }

    /// - Parameter limit: how long the server may work on one statement.
    public convenience init(_ configuration: PostgreSQLConfiguration, statementLimit limit: Duration) {
        let milliseconds = limit.components.seconds * 1_000
        self.init(
            PostgreSQLSession(
                configuration,
                prepare: { connection in
                    try await connection.execute("SET statement_timeout = \(milliseconds)")
                }))
    }

    public func close() {
        session.close()
    }

    /// A route whose answer comes from PostgreSQL. To be added while the service is composed.
    public func route(
        _ method: HTTPRoute.Method, _ path: String, access: HTTPRoute.Access, _ work: @escaping Work
    ) -> HTTPRoute {
        HTTPRoute(method, path, access: access) { [desk = Pinned(self)] question in
            await desk.value.answer(question, work)
        }
    }

    /// A connection answers one at a time.
    func answer(_ question: HTTPQuestion, _ work: @escaping Work) async -> HTTPAnswer {
        guard waiting < Self.longestQueue else {
            return Self.unavailable("\(waiting) questions wait for PostgreSQL already: ask again in a moment")
        }
        waiting += 1
        defer { waiting -= 1 }
        let previous = last
        let answer = Task {
            await previous?.value
            do {
                return try await work(question, try await connection())
            } catch {
                return Self.answer(to: error)
            }
        }
        last = Task { _ = await answer.value }
        return await answer.value
    }

    private func connection() async throws -> PostgreSQLConnection {
        if let failure, .now - failure.at < Self.pause { throw failure.error }
        do {
            let connection = try await session.connection()
            failure = nil
            return connection
        } catch {
            failure = (error, .now)
            throw error
        }
    }

    /// `{"error":"…"}`, a sentence.
    private static func answer(to error: any Error) -> HTTPAnswer {
        let status = status(of: error)
        return status == 503 ? unavailable("\(error)") : .error("\(error)", status: status)
    }

    private static func unavailable(_ sentence: String) -> HTTPAnswer {
        var answer = HTTPAnswer.error(sentence, status: 503)
        answer.headers = ["Retry-After": "2"]
        return answer
    }

    private static func status(of error: any Error) -> Int {
        switch error {
        case is MalformedQuestion, is InvalidMuting, is AmbiguousAlert: 400
        case is NoSuchThing, is UnknownAlert, is UnknownSilence: 404
        case is AlertNotFiring, is AcknowledgementPending, is SilenceIsOver, is SilenceExists: 409
        // Tables that are not there yet: storage-writer makes them.
        case let error as PostgreSQLError where error.isRetriable || error.isMissingTable: 503
        case let error as PostgreSQLError where error.sqlState == Self.queryCanceled: 503
        case is Unavailable: 503
        default: 500
        }
    }

    /// What a statement ends with that took longer than it may.
    private nonisolated static let queryCanceled = "57014"
}

/// Somebody asks for what is not there: 404.
public struct NoSuchThing: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
    public var isRetriable: Bool { false }

    public init(_ description: String) {
        self.description = description
    }
}

/// Something beside PostgreSQL that an answer needs is away: 503.
public struct Unavailable: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
    public var isRetriable: Bool { true }

    public init(_ description: String) {
        self.description = description
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
