internal import IOLoop
internal import Model
internal import PostgreSQL

/// A table that gives each name a number, and the part of it that this writer has met.
@IOThread
final class NameTable {
    private let table: String
    private let id: String
    private let name: String
    private var known: [ExactText: Int64] = [:]

    init(_ table: String, id: String, name: String) {
        self.table = table
        self.id = id
        self.name = name
    }

    subscript(name: ExactText) -> Int64? { known[name] }
    var count: Int { known.count }

    func forgetAll() {
        known.removeAll()
    }

    /// Looks up the names that are not known yet, and makes those that the table lacks.
    func learn(_ names: Set<ExactText>, on connection: PostgreSQLConnection) async throws {
        let unknown = names.filter { known[$0] == nil }
        guard !unknown.isEmpty else { return }
        try await lookUp(unknown, on: connection)
        let missing = unknown.filter { known[$0] == nil }
        guard !missing.isEmpty else { return }
        // Another writer may make the same name: whoever comes second finds it by looking again.
        try await connection.query(
            "INSERT INTO \(table) (\(name)) SELECT n FROM unnest($1) AS n ORDER BY 1 ON CONFLICT DO NOTHING",
            [.texts(missing.map(\.text))])
        try await lookUp(missing, on: connection)
    }

    private func lookUp(_ names: Set<ExactText>, on connection: PostgreSQLConnection) async throws {
        let rows = try await connection.query(
            "SELECT \(name), \(id) FROM \(table) WHERE \(name) = ANY ($1)", [.texts(names.map(\.text))])
        for row in 0..<rows.count { known[ExactText(rows.text(row, 0))] = rows.integer(row, 1) }
    }
}
