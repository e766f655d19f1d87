internal import HTTPEndpoints
internal import IOLoop
internal import Ledger
internal import PostgreSQL

/// `/ledger?at=PRODUCER:SEQUENCE,…`: what PostgreSQL has of these producers below these sequences. On a connection of its
/// own, which is made when somebody asks.
@IOThread
final class LedgerPage {
    private let session: PostgreSQLSession
    private var last: Task<Void, Never>?

    init(_ session: PostgreSQLSession) {
        self.session = session
    }

    /// One question after the other: a connection answers one at a time.
    func totals(_ question: String?) async throws -> [DeliveryTotals] {
        let marks = try LedgerQuestion(text: question ?? "").marks
        guard !marks.isEmpty else { return [] }
        let previous = last
        let answer = Task { [session] in
            await previous?.value
            let connection = try await session.connection()
            return try await DeliveryAccounts(connection: connection).totals(marks)
        }
        last = Task { _ = await answer.result }
        return try await answer.value
    }
}
