import Foundation

/// A whole Sluice of its own: `sluice up` in a temporary data directory, on free ports, without sensors.
final class Stack: Sendable, ReadingStore {
    let dataDirectory: URL
    private let sluice = Shell.product("sluice")

    /// Starts it and returns when all services are ready.
    ///
    /// - Parameter environment: of all services.
    static func start(_ options: [String] = [], environment: [String: String] = [:]) async throws -> Stack {
        let stack = try Stack()
        do {
            try await stack.up(options, environment: environment)
        } catch {
            let log = stack.logTails()
            try? await stack.down()
            throw CommandFailure(description: "\(error)\n\(log)")
        }
        return stack
    }

    private init() throws {
        dataDirectory = FileManager.default.temporaryDirectory
            .appendingPathComponent("sluice-e2e-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: dataDirectory, withIntermediateDirectories: true)
        // PostgreSQL runs as an unprivileged user below it when the tests run as root.
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: dataDirectory.path)
    }

    func up(_ options: [String] = [], environment: [String: String] = [:]) async throws {
        try await Shell.succeed(
            sluice,
            ["up", "--data-dir", dataDirectory.path, "--base-port", "0", "--no-simulate", "--detach"] + options,
            environment: environment)
    }

    func down() async throws {
        try await Shell.succeed(sluice, ["down", "--data-dir", dataDirectory.path])
    }

    /// Stops everything and removes the data.
    func remove() async throws {
        try await down()
        try FileManager.default.removeItem(at: dataDirectory)
    }

    func status() async throws -> StackStatus {
        let text = try await Shell.succeed(sluice, ["status", "--data-dir", dataDirectory.path, "--json"])
        return try JSONDecoder().decode(StackStatus.self, from: Data(text.utf8))
    }

    /// Sends a signal to the first instance of a service and returns the process id it had.
    @discardableResult
    func signal(_ service: String, _ signal: Int32) async throws -> Int32 {
        guard let instance = try await status().services.first(where: { $0.name == service }) else {
            throw CommandFailure(description: "no instance of \(service)")
        }
        guard kill(instance.pid, signal) == 0 else {
            throw CommandFailure(description: "cannot signal \(instance.instance) (pid \(instance.pid))")
        }
        return instance.pid
    }

    /// Waits until another process than `pid` is ready as this service.
    func waitForSuccessor(of pid: Int32, as service: String) async throws -> Bool {
        try await eventually(within: 60) {
            try await status().services.contains { $0.name == service && $0.pid != pid && $0.state == "ready" }
        }
    }

    func query(_ sql: String) async throws -> String {
        try await Database(url: status().infrastructure.postgres.url).query(sql)
    }

    func redis(_ arguments: String...) async throws -> String {
        let url = try await status().infrastructure.redis.url
        return try await Shell.succeed(URL(fileURLWithPath: "/usr/bin/redis-cli"), ["-u", url] + arguments)
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// The last lines of every service's log, for failure messages.
    func logTails() -> String {
        let folder = dataDirectory.appendingPathComponent("log")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.sorted().map { name in
            let text = (try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)) ?? ""
            return "── \(name)\n" + text.split(separator: "\n").suffix(8).joined(separator: "\n")
        }.joined(separator: "\n")
    }
}

/// The JSON of `sluice status`.
struct StackStatus: Decodable {
    struct Instance: Decodable {
        var name: String
        var instance: String
        var pid: Int32
        var state: String
        var restarts: Int
        var url: String
    }
    struct Broker: Decodable {
        var host: String
        var port: Int
    }
    struct Server: Decodable {
        var url: String
    }
    struct Infrastructure: Decodable {
        var mqtt: Broker
        var postgres: Server
        var redis: Server
    }

    var services: [Instance]
    var infrastructure: Infrastructure
    var dashboard: String
}

/// Runs `body` on a stack of its own and takes the stack down whatever happens.
func withStack(
    _ options: [String] = [], environment: [String: String] = [:], _ body: (Stack) async throws -> Void
) async throws {
    let stack = try await Stack.start(options, environment: environment)
    do {
        try await body(stack)
    } catch {
        let log = stack.logTails()
        try? await stack.remove()
        throw CommandFailure(description: "\(error)\n\(log)")
    }
    try await stack.remove()
}
