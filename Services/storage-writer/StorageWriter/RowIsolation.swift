internal import IOLoop
internal import PostgreSQL

/// Stores rows in one statement; when PostgreSQL refuses one of them, finds it by halving, so that the rest is stored.
///
/// p refused rows among n cost about 2·p·log₂(n) statements more, each behind a savepoint.
@IOThread
struct RowIsolation {
    struct Refusal {
        var row: Int
        var error: PostgreSQLError
    }

    let connection: PostgreSQLConnection

    /// - Parameter store: stores the rows of a range, or throws and has stored none.
    /// - Returns: the rows that PostgreSQL refuses, ascending. Errors that are not about the data are thrown.
    func store(_ rows: Range<Int>, _ store: @IOThread (Range<Int>) async throws -> Void) async throws -> [Refusal] {
        var refusals: [Refusal] = []
        // Ranges still to be stored, the lowest last.
        var open = rows.isEmpty ? [] : [rows]
        while let range = open.popLast() {
            guard let error = try await attempt(range, store) else { continue }
            if range.count == 1 {
                refusals.append(Refusal(row: range.lowerBound, error: error))
            } else {
                let middle = range.lowerBound + range.count / 2
                open.append(middle..<range.upperBound)
                open.append(range.lowerBound..<middle)
            }
        }
        return refusals
    }

    private func attempt(
        _ range: Range<Int>, _ store: @IOThread (Range<Int>) async throws -> Void
    ) async throws -> PostgreSQLError? {
        try await connection.execute("SAVEPOINT rows")
        do {
            try await store(range)
            try await connection.execute("RELEASE SAVEPOINT rows")
            return nil
        } catch let error as PostgreSQLError where error.isAboutData && !error.isMissingPartition {
            try await connection.execute("ROLLBACK TO SAVEPOINT rows; RELEASE SAVEPOINT rows")
            return error
        }
    }
}
