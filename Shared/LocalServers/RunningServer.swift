public import Processes

/// A local server that answers.
public final class RunningServer: Sendable {
    public let server: any LocalServer
    public let process: ChildProcess

    private init(_ server: any LocalServer, _ process: ChildProcess) {
        self.server = server
        self.process = process
    }

    /// Prepares and starts a server, and returns when it answers.
    ///
    /// - Throws: ``LocalServerError`` with the last lines of the log, or the error of a system call.
    public static func start(
        _ server: any LocalServer, log: LogFile, within limit: Duration = .seconds(60)
    ) async throws -> RunningServer {
        try await server.prepare()
        log.rotateIfLarge()
        var command = server.command
        command.output = .appended(to: log.path)
        let running = RunningServer(server, try ChildProcess.spawn(command))
        do {
            try await running.waitUntilAnswering(log, limit)
        } catch {
            await running.stop()
            throw error
        }
        return running
    }

    /// Stops in order: everything it holds is on disk when this returns.
    @discardableResult
    public func stop(within limit: Duration = .seconds(60)) async -> ExitStatus {
        await process.stop(with: server.stopSignal, within: limit)
    }

    private func waitUntilAnswering(_ log: LogFile, _ limit: Duration) async throws {
        let deadline = ContinuousClock.now + limit
        while !server.answers(as: process.pid) {
            if let status = await process.exitStatus(within: .milliseconds(50)) {
                let reason = LocalServerError.Reason.failed("it ended at once with \(status)")
                throw LocalServerError(server: server.name, reason: reason, lastLines: log.lastLines(10))
            }
            guard ContinuousClock.now < deadline else {
                let reason = LocalServerError.Reason.noAnswer(after: limit)
                throw LocalServerError(server: server.name, reason: reason, lastLines: log.lastLines(10))
            }
            try Task.checkCancellation()
        }
        // Another process on the port would have answered just as well.
        if let status = process.status {
            let reason = LocalServerError.Reason.failed("something else answers on port \(server.port); \(status)")
            throw LocalServerError(server: server.name, reason: reason, lastLines: log.lastLines(10))
        }
    }
}
