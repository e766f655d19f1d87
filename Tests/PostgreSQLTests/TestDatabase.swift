import PostgreSQL
import TestServers

/// A database of its own for each test, on a server that all tests of this process share.
struct TestDatabase: Sendable {
    let configuration: PostgreSQLConfiguration

    static func make() async throws -> TestDatabase {
        let url = try await TestServers.shared.postgreSQLURL()
        return TestDatabase(configuration: .init(url: url, applicationName: "tests"))
    }

    func connect() async throws -> PostgreSQLConnection {
        try await PostgreSQLConnection.connect(configuration)
    }
}
