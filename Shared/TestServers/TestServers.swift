import Foundation
import Glibc
public import LocalServers
import Processes

/// Servers of the test process: started when first asked for, shared by all its tests, stopped when it exits.
///
/// Should the process be killed, the servers die with it, and the next run removes their folder.
public actor TestServers {
    public static let shared = TestServers()

    private var mosquitto: Task<RunningServer, any Error>?
    private var redis: Task<RunningServer, any Error>?
    private var postgreSQL: Task<RunningServer, any Error>?
    private var nextRedisDatabase = 0
    private var nextDatabase = 0

    /// The port of a broker that all tests share; use topics and client ids of your own.
    public func mosquittoPort() async throws -> UInt16 {
        let start = mosquitto ?? Task { try await Self.start { try MosquittoServer(directory: $0, port: $1) } }
        mosquitto = start
        return try await start.value.server.port
    }

    /// The URL of an empty Redis database that no other test gets.
    public func redisURL() async throws -> String {
        let start = redis ?? Task { try await Self.start { try RedisServer(directory: $0, port: $1) } }
        redis = start
        let port = try await start.value.server.port
        nextRedisDatabase += 1
        return "redis://127.0.0.1:\(port)/\(nextRedisDatabase)"
    }

    /// The URL of an empty PostgreSQL database that no other test gets.
    public func postgreSQLURL() async throws -> String {
        let start =
            postgreSQL
            ?? Task { try await Self.start { try PostgreSQLServer(directory: $0, port: $1, durability: .disposable) } }
        postgreSQL = start
        let port = try await start.value.server.port
        nextDatabase += 1
        let database = "test_\(nextDatabase)"
        try await PostgreSQLServer.createDatabase(database, port: port)
        return "postgres://\(PostgreSQLServer.account)@127.0.0.1:\(port)/\(database)"
    }

    /// Starts a server of the caller's own, to be stopped, killed and started again at will.
    public static func start(
        _ make: (_ directory: String, _ port: UInt16) throws -> any LocalServer
    ) async throws -> RunningServer {
        let directory = try TestDirectory.make()
        let server = try make("\(directory)/data", try PortReservation.freePort())
        return try await restart(server)
    }

    /// Starts a stopped or killed server on the same data and port.
    public static func restart(_ server: any LocalServer) async throws -> RunningServer {
        let log = LogFile(path: "\(TestDirectory.root)/\(server.name)-\(server.port).log")
        let running = try await RunningServer.start(server, log: log, within: .seconds(120))
        ExitCleanup.add(running.process)
        return running
    }
}
