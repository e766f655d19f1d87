import Foundation
import LocalServers
import Processes
import TestServers
import Testing

struct LocalServersTests {
    @Test func `every test gets a PostgreSQL database of its own`() async throws {
        try await withPostgreSQL { first in
            try await withPostgreSQL { second in
                #expect(first != second)
                try await expect("42", from: query(first, "create table t (x int); select 41 + 1"))
                try await expect("0", from: query(second, "select count(*) from pg_tables where tablename = 't'"))
            }
        }
    }

    @Test func `PostgreSQL runs durable and with room for many partitions`() async throws {
        try await withPrivatePostgreSQL(durability: .durable) { running in
            let server = try #require(running.server as? PostgreSQLServer)
            try await expect("on", from: query(server.url, "show fsync"))
            try await expect("on", from: query(server.url, "show synchronous_commit"))
            try await expect("1024", from: query(server.url, "show max_locks_per_transaction"))
            try await expect("UTF8", from: query(server.url, "show server_encoding"))
        }
    }

    @Test func `a killed PostgreSQL comes back with its data`() async throws {
        try await withPrivatePostgreSQL(durability: .durable) { running in
            let server = try #require(running.server as? PostgreSQLServer)
            _ = try await query(server.url, "create table kept as select 7 as x")
            running.process.signal(SIGKILL)
            _ = await running.process.exitStatus()
            let again = try await TestServers.restart(server)
            try await expect("7", from: query(server.url, "select x from kept"))
            #expect(await again.stop() == .exited(0))
        }
    }

    @Test func `a pid file that names a stranger does not keep PostgreSQL from starting`() async throws {
        try await withPrivatePostgreSQL { running in
            let server = try #require(running.server as? PostgreSQLServer)
            await running.stop()
            let file = "\(server.directory)/postmaster.pid"
            try "\(getpid())\n\(server.directory)\n".write(toFile: file, atomically: true, encoding: .utf8)
            let again = try await TestServers.restart(server)
            try await expect("1", from: query(server.url, "select 1"))
            await again.stop()
        }
    }

    @Test func `Redis answers, and keeps its data over an orderly stop`() async throws {
        try await withPrivateRedis { running in
            let server = try #require(running.server as? RedisServer)
            try await expect("OK", from: output("redis-cli", ["-u", server.url, "set", "key", "value"]))
            #expect(await running.stop() == .exited(0))
            let again = try await TestServers.restart(server)
            try await expect("value", from: output("redis-cli", ["-u", server.url, "get", "key"]))
            await again.stop()
        }
    }

    @Test func `mosquitto keeps a session's messages over a restart`() async throws {
        try await withPrivateMosquitto { running in
            let address = ["-h", "127.0.0.1", "-p", "\(running.server.port)", "-q", "1", "-t", "kept"]
            _ = try await output("mosquitto_sub", address + ["-i", "reader", "-c", "-E"])
            _ = try await output("mosquitto_pub", address + ["-m", "hello"])
            await running.stop()
            let again = try await TestServers.restart(running.server)
            try await expect(
                "hello", from: output("mosquitto_sub", address + ["-i", "reader", "-c", "-C", "1", "-W", "30"]))
            await again.stop()
        }
    }

    @Test func `a server that cannot start says why`() async throws {
        let reservation = try PortReservation.anyFree()
        let error = await #expect(throws: LocalServerError.self) {
            try await TestServers.start { directory, _ in
                try MosquittoServer(directory: directory, port: reservation.port)
            }
        }
        #expect(error?.description.contains("Address already in use") == true)
        #expect(error?.isRetriable == false)
    }

    @Test func `a reserved port belongs to nobody else until it is let go`() throws {
        var reservation: PortReservation? = try PortReservation.anyFree()
        let port = try #require(reservation?.port)
        #expect(throws: SystemCallError.self) { try PortReservation(port) }
        reservation = nil
        #expect(reservation == nil)
        let again = try PortReservation(port)
        #expect(again.port == port)
    }
}

private func expect(_ expected: String, from answer: String, at location: SourceLocation = #_sourceLocation) {
    #expect(answer == expected, sourceLocation: location)
}

private func query(_ url: String, _ statement: String) async throws -> String {
    try await output("psql", [url, "-X", "-q", "-A", "-t", "-c", statement])
}

/// Runs a client program and returns what it wrote, without the last line's end.
private func output(_ program: String, _ arguments: [String]) async throws -> String {
    let (status, text) = try await Command("/usr/bin/\(program)", arguments).run()
    #expect(status.isSuccess, "\(program): \(text)")
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
}

struct PostgreSQLLocationTests {
    @Test func `the data lie in the folder where the server's account can reach it`() async throws {
        let folder = try TestDirectory.make()
        #expect(try await PostgreSQLLocation(parent: folder).directory() == "\(folder)/postgres")
    }

    @Test(.enabled(if: UserAccount.isSuperuser))
    func `as root, in a folder closed to others, a link leads to where the data are`() async throws {
        let closed = "\(try TestDirectory.make())/closed"
        mkdir(closed, 0o700)
        let place = try await PostgreSQLLocation(parent: closed).directory()
        defer { try? FileManager.default.removeItem(atPath: (place as NSString).deletingLastPathComponent) }
        #expect(place.hasPrefix("/var/lib/sluice/"))
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "\(closed)/postgres") == place)
        #expect(try await PostgreSQLLocation(parent: closed).directory() == place)
    }
}
