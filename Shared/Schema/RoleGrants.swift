internal import IOLoop
public import PostgreSQL

/// What the roles of services and of people may do in the schema; its owner is who migrated it.
public enum RoleGrants {
    public enum Access: String, CaseIterable, Sendable {
        /// Services: every row, and partitions by way of functions. No table.
        case writing
        /// People, dashboards, reports.
        case reading
    }

    /// A role that nobody has made.
    public struct NoSuchRole: Error, CustomStringConvertible, Sendable {
        public let role: String
        public var isRetriable: Bool { false }
        public var description: String {
            "there is no role \(role) in PostgreSQL: CREATE ROLE \(role) LOGIN PASSWORD '…', as an administrator"
        }
    }

    /// Gives the role what it needs of everything that is there, and of what later migrations make. May be repeated.
    ///
    /// - Throws: ``NoSuchRole``, `PostgreSQLError`.
    @IOThread
    public static func grant(_ access: Access, to role: String, on connection: PostgreSQLConnection) async throws {
        let known = try await connection.query(
            "SELECT quote_ident(rolname) FROM pg_roles WHERE rolname = $1", [.text(role)])
        guard known.count == 1 else { throw NoSuchRole(role: role) }
        let quoted = known.text(0, 0)
        let schema = try await connection.query("SELECT quote_ident(current_schema())").text(0, 0)
        try await connection.transaction {
            try await connection.execute(statements(access, quoted, schema))
        }
    }

    private static func statements(_ access: Access, _ role: String, _ schema: String) -> String {
        let rights = access == .writing ? "SELECT, INSERT, UPDATE, DELETE" : "SELECT"
        var statements = [
            "GRANT USAGE ON SCHEMA \(schema) TO \(role)",
            "GRANT \(rights) ON ALL TABLES IN SCHEMA \(schema) TO \(role)",
            "ALTER DEFAULT PRIVILEGES IN SCHEMA \(schema) GRANT \(rights) ON TABLES TO \(role)",
            "REVOKE INSERT, UPDATE, DELETE ON schema_migrations FROM \(role)",
        ]
        if access == .writing {
            statements.append("GRANT EXECUTE ON FUNCTION make_reading_day(date), drop_reading_day(date) TO \(role)")
        }
        return statements.joined(separator: ";\n")
    }
}
