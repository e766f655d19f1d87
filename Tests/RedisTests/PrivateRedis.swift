import Glibc
import IOLoop
import LocalServers
import Processes
import Redis
import TestServers

/// A Redis of one test's own, to be killed, frozen and started again at will.
@IOThread
final class PrivateRedis {
    private var running: RunningServer
    let port: Int

    private init(_ running: RunningServer) {
        self.running = running
        port = Int(running.server.port)
    }

    static func start() async throws -> PrivateRedis {
        PrivateRedis(try await TestServers.start { try RedisServer(directory: $0, port: $1) })
    }

    deinit { running.process.signal(SIGKILL) }

    /// Patient: the machine may be busy.
    var configuration: RedisConfiguration {
        var configuration = RedisConfiguration(port: port)
        configuration.connectTimeout = .seconds(30)
        configuration.replyTimeout = .seconds(30)
        configuration.firstRetry = .milliseconds(20)
        configuration.lastRetry = .milliseconds(200)
        return configuration
    }

    /// From now on nobody gets in without it.
    func require(password: String) async throws {
        let connection = RedisConnection(configuration)
        connection.start()
        _ = await connection.isConnected(within: .seconds(30))
        try await connection.send("CONFIG", "SET", "requirepass", password)
        connection.close()
    }

    func kill() async {
        await running.process.stop(with: SIGKILL, within: .seconds(60))
    }

    func restart() async throws {
        running = try await TestServers.restart(running.server)
    }

    /// Stops answering, without closing anything.
    func freeze() {
        running.process.signal(SIGSTOP)
    }
}
