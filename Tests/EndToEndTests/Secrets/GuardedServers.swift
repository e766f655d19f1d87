import Foundation
import LocalServers
import Processes
import TestServers

/// A broker, a PostgreSQL and a Redis that ask for a password; the user is `sluice` everywhere.
struct GuardedServers {
    let broker: RunningServer
    let postgres: RunningServer
    let redis: RunningServer

    static func start(mqtt: String, postgres: String, redis: String) async throws -> GuardedServers {
        GuardedServers(
            broker: try await broker(mqtt), postgres: try await record(postgres), redis: try await cache(redis))
    }

    func stop() async {
        for server in [broker, postgres, redis] { await server.stop() }
    }

    private static func broker(_ password: String) async throws -> RunningServer {
        let file = "\(try TestDirectory.make())/passwords"
        try await Shell.succeed(URL(filePath: "/usr/bin/mosquitto_passwd"), ["-b", "-c", file, "sluice", password])
        return try await TestServers.start {
            GuardedMosquitto(base: try MosquittoServer(directory: $0, port: $1), passwords: file)
        }
    }

    private static func record(_ password: String) async throws -> RunningServer {
        let running = try await TestServers.start {
            try PostgreSQLServer(directory: $0, port: $1, durability: .disposable)
        }
        guard let server = running.server as? PostgreSQLServer else { preconditionFailure("it is a PostgreSQL") }
        try await Shell.succeed(
            URL(filePath: "/usr/bin/psql"), [server.url, "-c", "ALTER ROLE sluice PASSWORD '\(password)'"])
        try Data("host all all 127.0.0.1/32 scram-sha-256\n".utf8).write(
            to: URL(filePath: "\(server.directory)/pg_hba.conf"), options: [])
        running.process.signal(SIGHUP)
        let isGuarded = await eventually(within: 30) {
            let answer = try? await Shell.run(URL(filePath: "/usr/bin/psql"), ["-w", server.url, "-c", "SELECT 1"])
            return answer?.status == 2
        }
        guard isGuarded else { throw CommandFailure(description: "PostgreSQL lets everybody in") }
        return running
    }

    private static func cache(_ password: String) async throws -> RunningServer {
        let running = try await TestServers.start { try RedisServer(directory: $0, port: $1) }
        let port = "\(running.server.port)"
        for command in [
            ["ACL", "SETUSER", "sluice", "on", ">\(password)", "~*", "&*", "+@all", "-@admin", "-@dangerous"],
            ["ACL", "SETUSER", "default", "off"],
        ] { try await Shell.succeed(URL(filePath: "/usr/bin/redis-cli"), ["-p", port] + command) }
        return running
    }
}
