import Foundation

/// The private Sluice that a bench measures, driven through the command line like anybody's.
struct BenchStack {
    let dataDirectory: String
    let status: StatusReport

    static func start(configuration: String?) async throws -> BenchStack {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-bench-\(getpid())")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        var arguments = ["up", "--data-dir", folder.path, "--base-port", "0", "--no-simulate", "--detach"]
        if let configuration { arguments += ["--config", configuration] }
        try await SluiceProcess.run(arguments)
        let json = try await SluiceProcess.run(["status", "--data-dir", folder.path, "--json"])
        return BenchStack(
            dataDirectory: folder.path, status: try JSONDecoder().decode(StatusReport.self, from: Data(json.utf8)))
    }

    /// Services and servers with the process to ask for.
    var processes: [(name: String, pid: Int32)] {
        let infrastructure = status.infrastructure
        let servers = [
            ("mosquitto", infrastructure.mqtt.pid), ("postgresql", infrastructure.postgres.pid),
            ("redis", infrastructure.redis.pid),
        ]
        return (status.services.map { ($0.instance, $0.pid) } + servers).compactMap { name, pid in
            pid.map { (name, $0) }
        }
    }

    func remove() async throws {
        try await SluiceProcess.run(["down", "--data-dir", dataDirectory])
        try FileManager.default.removeItem(atPath: dataDirectory)
    }

    /// Publishes with a process of its own, so that its CPU time is nobody else's.
    func simulate(_ options: [String]) async throws {
        let broker = status.infrastructure.mqtt
        try await SluiceProcess.run(["simulate", "--mqtt", "mqtt://\(broker.host):\(broker.port)"] + options)
    }
}

/// This very executable, started again with other arguments.
enum SluiceProcess {
    @discardableResult
    static func run(_ arguments: [String]) async throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        // A file: detached grandchildren keep a pipe open for ever.
        let output = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-\(UUID().uuidString)")
        try Data().write(to: output)
        defer { try? FileManager.default.removeItem(at: output) }
        process.standardOutput = try FileHandle(forWritingTo: output)
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        guard process.terminationStatus == 0 else {
            throw BenchFailure(description: "sluice \(arguments.joined(separator: " ")) failed")
        }
        return try String(contentsOf: output, encoding: .utf8)
    }
}

struct BenchFailure: Error, CustomStringConvertible {
    var description: String
}
