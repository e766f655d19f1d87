import ArgumentParser
import IOLoop
import PostgreSQL
import Processes

/// Which database to ask.
struct StoreOptions: ParsableArguments {
    @Option(help: "PostgreSQL, as in postgres://user@host:5432/sluice; that of the data directory by default.")
    var postgres: String?

    /// - Parameter directory: of the `sluice up` whose database it is.
    /// - Throws: ``NoStore`` when no URL is given and nothing runs there; ``PostgreSQLError``.
    @IOThread
    func connect(_ directory: DataDirectory) async throws -> PostgreSQLConnection {
        let url = try postgres ?? running(directory).infrastructure.postgres.url
        return try await PostgreSQLConnection.connect(PostgreSQLConfiguration(url: url, applicationName: "sluice"))
    }

    private func running(_ directory: DataDirectory) throws -> SupervisorState {
        guard let state = try SupervisorState.readable(directory), state.supervisor.isAlive else {
            throw NoStore(directory: directory.path)
        }
        return state
    }
}

struct NoStore: Error, CustomStringConvertible {
    let directory: String

    var description: String {
        "nothing runs in \(directory): start it with sluice up, or name a database with --postgres"
    }
}

/// Of commands that concern what runs, and nothing else.
struct NothingRuns: Error, CustomStringConvertible {
    let directory: String

    var description: String { "nothing runs in \(directory): start it with sluice up" }
}
