import Foundation
import IOLoop
import LocalServers
import PostgreSQL
import Processes
import TestServers
import Testing

/// `sslmode=verify-full`, against a PostgreSQL that speaks TLS.
@Suite(.serialized) @IOThread
struct PostgreSQLTLSTests {
    private func connect(_ server: RunningServer, _ host: String, trusting authority: String) async throws {
        let url =
            "postgres://sluice@\(host):\(server.server.port)/sluice?sslmode=verify-full&sslrootcert=\(authority)"
        let connection = try await PostgreSQLConnection.connect(.init(url: url, applicationName: "tests"))
        let answer = try await connection.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        #expect(answer.boolean(0, 0))
        connection.close()
    }

    private func refusal(_ server: RunningServer, _ host: String, trusting authority: String) async throws -> String {
        let error = await #expect(throws: PostgreSQLError.self) {
            try await connect(server, host, trusting: authority)
        }
        #expect(error?.kind == .cannotConnect)
        return error?.description ?? ""
    }

    @Test func `the right authority and name are let through, others are not, and the error says why`() async throws {
        let certificates = try Certificates(names: "DNS:localhost")
        let server = try await TestServers.start {
            SecuredPostgreSQL(
                base: try PostgreSQLServer(directory: $0, port: $1, durability: .disposable), certificates)
        }
        try await connect(server, "localhost", trusting: certificates.path("ca.pem"))
        let stranger = try await refusal(server, "localhost", trusting: try Certificates().path("ca.pem"))
        #expect(stranger.contains("certificate verify failed"), "\(stranger)")
        let otherName = try await refusal(server, "127.0.0.1", trusting: certificates.path("ca.pem"))
        #expect(otherName.contains("does not match host name \"127.0.0.1\""), "\(otherName)")
        let missing = try await refusal(server, "localhost", trusting: "/nowhere/ca.pem")
        #expect(missing.contains("/nowhere/ca.pem"), "\(missing)")
        await server.stop()
    }

    @Test func `a server without TLS is not believed`() async throws {
        let certificates = try Certificates()
        let server = try await TestServers.start {
            try PostgreSQLServer(directory: $0, port: $1, durability: .disposable)
        }
        let error = try await refusal(server, "127.0.0.1", trusting: certificates.path("ca.pem"))
        #expect(error.contains("server does not support SSL"), "\(error)")
        await server.stop()
    }
}
