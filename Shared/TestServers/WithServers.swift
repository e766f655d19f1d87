public import LocalServers

/// Runs a test with an empty PostgreSQL database of its own.
public func withPostgreSQL<Result>(_ body: (_ url: String) async throws -> Result) async throws -> Result {
    try await body(try await TestServers.shared.postgreSQLURL())
}

/// Runs a test with an empty Redis database of its own.
public func withRedis<Result>(_ body: (_ url: String) async throws -> Result) async throws -> Result {
    try await body(try await TestServers.shared.redisURL())
}

/// Runs a test with a broker on 127.0.0.1 that it shares with other tests: use topics and client ids of your own.
public func withMosquitto<Result>(_ body: (_ port: UInt16) async throws -> Result) async throws -> Result {
    try await body(try await TestServers.shared.mosquittoPort())
}

/// Runs a test with a broker of its own, to be stopped or killed at will.
public func withPrivateMosquitto<Result>(_ body: (RunningServer) async throws -> Result) async throws -> Result {
    try await withPrivate(body) { try MosquittoServer(directory: $0, port: $1) }
}

/// Runs a test with a Redis of its own, to be stopped or killed at will.
public func withPrivateRedis<Result>(_ body: (RunningServer) async throws -> Result) async throws -> Result {
    try await withPrivate(body) { try RedisServer(directory: $0, port: $1) }
}

/// Runs a test with a PostgreSQL of its own, to be stopped or killed at will.
public func withPrivatePostgreSQL<Result>(
    durability: PostgreSQLServer.Durability = .disposable, _ body: (RunningServer) async throws -> Result
) async throws -> Result {
    try await withPrivate(body) { try PostgreSQLServer(directory: $0, port: $1, durability: durability) }
}

/// Runs a test with a standby of a PostgreSQL that the test has for itself.
public func withStandby<Result>(
    of primary: RunningServer, _ body: (RunningServer) async throws -> Result
) async throws -> Result {
    let directory = try TestDirectory.make()
    guard let server = primary.server as? PostgreSQLServer else { preconditionFailure("only PostgreSQL has standbys") }
    let standby = try await server.makeStandby(directory: "\(directory)/data", port: try PortReservation.freePort())
    return try await whileRunning(try await TestServers.restart(standby), body)
}

private func withPrivate<Result>(
    _ body: (RunningServer) async throws -> Result, _ make: (String, UInt16) throws -> any LocalServer
) async throws -> Result {
    try await whileRunning(try await TestServers.start(make), body)
}

private func whileRunning<Result>(
    _ running: RunningServer, _ body: (RunningServer) async throws -> Result
) async throws -> Result {
    do {
        let result = try await body(running)
        await running.stop()
        return result
    } catch {
        await running.stop()
        throw error
    }
}
