import Foundation
import Testing

/// Compares what was published with what PostgreSQL holds, and the rollups with SQL over the readings.
struct Ledger {
    let stack: any ReadingStore

    /// Waits until `published` readings are stored or dead, then fails for each that is lost, stored twice or dead.
    ///
    /// - Parameter resent: how many of them the publisher may have sent twice, and so may be stored twice.
    func expectAllStoredOnce(_ published: Int, resent: Int = 0, sourceLocation: SourceLocation = #_sourceLocation)
        async throws
    {
        _ = try await eventually(within: 120) { try await stack.number("select count(*) from readings") >= published }
        let stored = try await stack.number("select count(*) from readings")
        let distinct = try await stack.number("select count(distinct (metadata->>'n')::bigint) from readings")
        let dead = try await stack.number("select count(*) from dead_letters")
        #expect(distinct == published, "lost: \(published - distinct)", sourceLocation: sourceLocation)
        #expect(stored - distinct <= resent, "stored twice: \(stored - distinct)", sourceLocation: sourceLocation)
        #expect(dead == 0, "dead letters: \(dead)", sourceLocation: sourceLocation)
    }

    /// Waits until no token is left, then compares every row of the rollups with the aggregate over `readings`.
    func expectRollupsEqualSQL(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let settled = try await eventually(within: 90) {
            try await stack.number("select count(*) from rollup_tokens") == 0
        }
        #expect(settled, "tokens stay behind", sourceLocation: sourceLocation)
        let unequal = try await stack.query(Ledger.verifyRollups)
        let rows = unequal.split(separator: "\n").last.map(String.init) ?? unequal
        #expect(rows == "0", "unequal rollup rows: \(unequal)", sourceLocation: sourceLocation)
    }

    private static var verifyRollups: String {
        get throws {
            let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .deletingLastPathComponent()
            let file = root.appendingPathComponent("Services/sluice/SluiceCommand/Chaos/verify_rollups.sql")
            return try String(contentsOf: file, encoding: .utf8)
        }
    }
}

/// Where PostgreSQL can be asked.
protocol ReadingStore {
    /// The answer of psql, unaligned, without headers.
    func query(_ sql: String) async throws -> String
}

/// A database that can be reached by its address.
struct Database: ReadingStore {
    let url: String

    func query(_ sql: String) async throws -> String {
        try await Shell.succeed(
            URL(fileURLWithPath: "/usr/bin/psql"), [url, "-X", "-At", "-v", "ON_ERROR_STOP=1", "-c", sql]
        ).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}

extension ReadingStore {
    func number(_ sql: String) async throws -> Int {
        let text = try await query(sql)
        guard let number = Int(text) else { throw CommandFailure(description: "\(sql) answered \(text)") }
        return number
    }
}
