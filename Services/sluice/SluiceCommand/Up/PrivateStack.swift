import FoundationEssentials
import Glibc
import HTTPEndpoints
import Processes

/// The private Sluice that a bench measures and chaos breaks, driven through the command line like anybody's.
///
/// It is a child of this process and not detached, so that it stops when this process ends, however that ends.
struct PrivateStack {
    let status: StatusReport
    let directory: DataDirectory
    private let supervisor: ChildProcess

    /// - Throws: ``BenchFailure`` with the end of the log, or ``CancellationError``; nothing runs any more then.
    static func start(in directory: DataDirectory, configuration: String?) async throws -> PrivateStack {
        try directory.create()
        var arguments = ["up", "--data-dir", directory.path, "--base-port", "0", "--no-simulate"]
        if let configuration { arguments += ["--config", configuration] }
        let supervisor = try ChildProcess.spawn(
            Command(ServiceFolder.ownExecutable, arguments, output: .appended(to: directory.log(of: "sluice"))))
        do {
            let status = try await whenReady(supervisor, in: directory)
            return PrivateStack(status: status, directory: directory, supervisor: supervisor)
        } catch {
            await stop(supervisor, directory)
            throw error
        }
    }

    private static func whenReady(_ supervisor: ChildProcess, in directory: DataDirectory) async throws -> StatusReport
    {
        while true {
            if let state = SupervisorState.read(directory), state.phase == .ready { return await StatusReport(state) }
            try Task.checkCancellation()
            // `sluice up` has a limit of its own.
            if let status = await supervisor.exitStatus(within: .milliseconds(100)) {
                let lines = LogFile(path: directory.log(of: "sluice")).lastLines(30).joined(separator: "\n")
                throw BenchFailure(description: "sluice up ended with \(status)\n\(lines)")
            }
        }
    }

    /// Services and servers with the process to ask for.
    var processes: [MeasuredProcess] {
        let infrastructure = status.infrastructure
        let servers = [
            ("mosquitto", infrastructure.mqtt.pid), ("postgresql", infrastructure.postgres.pid),
            ("redis", infrastructure.redis.pid),
        ]
        return (status.services.map { ($0.instance, $0.pid) } + servers).compactMap { name, pid in
            pid.map { MeasuredProcess(name: name, pid: $0) }
        }
    }

    /// Where the health-monitor listens.
    var monitor: HTTPAddress? {
        status.services.first { $0.name == ServiceKind.monitor.name }.flatMap { HTTPAddress(url: $0.url) }
    }

    /// Stops everything, also when the task is cancelled.
    func stop() async { await Self.stop(supervisor, directory) }

    private static func stop(_ supervisor: ChildProcess, _ directory: DataDirectory) async {
        await supervisor.stop(within: .seconds(300))
        await Remains(directory: directory).settle()
    }

    /// Returns when as many instances are ready.
    func scale(_ counts: [ScaleOption]) async throws {
        try await SluiceProcess.run(
            ["scale", "--data-dir", directory.path] + counts.map { "\($0.service)=\($0.count)" },
            log: directory.log(of: "bench"))
    }

    /// Publishes with a process of its own, so that its CPU time is nobody else's.
    func simulate(_ options: [String]) async throws {
        let broker = status.infrastructure.mqtt
        try await SluiceProcess.run(
            ["simulate", "--mqtt", "mqtt://\(broker.host):\(broker.port)"] + options,
            log: directory.log(of: "bench"))
    }
}

/// This very executable, started again with other arguments.
enum SluiceProcess {
    /// Runs it to its end, which comes early when the task is cancelled.
    ///
    /// - Throws: ``BenchFailure`` with its last words, or ``CancellationError``.
    static func run(_ arguments: [String], log: String) async throws {
        let child = try ChildProcess.spawn(
            Command(ServiceFolder.ownExecutable, arguments, output: .appended(to: log)))
        let status = await withTaskCancellationHandler {
            await child.exitStatus()
        } onCancel: {
            child.signal(SIGTERM)
        }
        try Task.checkCancellation()
        guard status.isSuccess else {
            let lines = LogFile(path: log).lastLines(5).joined(separator: "\n")
            throw BenchFailure(
                description: "sluice \(arguments.joined(separator: " ")) ended with \(status)\n\(lines)")
        }
    }
}

struct BenchFailure: Error, CustomStringConvertible {
    var description: String
}
