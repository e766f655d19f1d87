import Foundation
import Processes
import TestServers
import Testing

/// A `sluice` with services that only answer `/readyz`, in folders of its own.
struct Stage {
    let folder: String
    var data: String { "\(folder)/data" }
    var trace: String { "\(folder)/trace" }
    /// PostgreSQL's start is the slowest part, and most tests are not about it.
    var servers = ["--external-postgres", "postgres://somebody@127.0.0.1:1/nowhere"]

    static let flow = [
        "mqtt-ingest", "preprocessor", "anomaly-detector", "storage-writer", "aggregator", "health-monitor",
    ]

    init() throws {
        folder = try TestDirectory.make()
        try FileManager.default.createDirectory(atPath: "\(folder)/bin", withIntermediateDirectories: true)
        let fake = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/fake-service")
        for name in Self.flow + ["edge-processor"] {
            try FileManager.default.copyItem(at: fake, to: URL(filePath: "\(folder)/bin/\(name)"))
        }
    }

    /// Where `swift build` puts the executables, which is where the tests are.
    static var sluice: String {
        let tests = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
        let bundled = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }
        let beside = bundled?.bundleURL.deletingLastPathComponent() ?? tests
        return beside.appending(path: "sluice").path(percentEncoded: false)
    }

    func command(_ verb: String, _ arguments: [String] = []) -> Command {
        Command(Self.sluice, [verb, "--data-dir", data] + arguments, environment: ["SLUICE_TEST_TRACE": trace])
    }

    func up(_ arguments: [String] = []) -> Command {
        command("up", ["--services", "\(folder)/bin"] + servers + arguments)
    }

    /// Starts in the background, runs the body, and takes it down whatever happens.
    func whileUp(_ arguments: [String] = [], _ body: () async throws -> Void) async throws {
        let (status, text) = try await up(["--base-port", "0", "--detach"] + arguments).run()
        try #require(status.isSuccess, "\(text)")
        do {
            try await body()
        } catch {
            _ = try await command("down").run()
            throw error
        }
        let (down, message) = try await command("down").run()
        #expect(down.isSuccess, "\(message)")
    }

    /// Starts in the foreground, as this or another user, and kills what is left of it after the body.
    func withForeground(
        user: UserAccount? = nil, _ body: (ChildProcess) async throws -> Void
    ) async throws {
        var command = up(["--base-port", "0"])
        command.user = user
        let child = try ChildProcess.spawn(command)
        do {
            #expect(try await eventually { FileManager.default.fileExists(atPath: "\(data)/state.json") })
            #expect(try await eventually { try await status().services.allSatisfy { $0.state == "ready" } })
            try await body(child)
        } catch {
            await child.stop(within: .seconds(60))
            throw error
        }
        await child.stop(within: .seconds(60))
    }

    func status() async throws -> Status {
        try Self.status(in: try await command("status", ["--json"]).run().text)
    }

    /// Of what a command printed beside its complaints.
    static func status(in text: String) throws -> Status {
        let json = text.split(separator: "\n").filter { !$0.hasPrefix("sluice:") }.joined(separator: "\n")
        return try JSONDecoder().decode(Status.self, from: Data(json.utf8))
    }

    /// The notes of the fake services, in order.
    var notes: [String] {
        let bytes = FileManager.default.contents(atPath: trace) ?? Data()
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    struct Status: Decodable {
        struct Service: Decodable {
            var name: String
            var instance: String
            var pid: Int32?
            var state: String
            var restarts: Int
            var url: String
        }

        struct Infrastructure: Decodable {
            struct Broker: Decodable {
                var host: String
                var port: Int
                var pid: Int32?
            }

            struct Store: Decodable {
                var url: String
                var pid: Int32?
            }

            var mqtt: Broker
            var postgres: Store
            var redis: Store
        }

        var services: [Service]
        var infrastructure: Infrastructure
        var dashboard: String

        var pids: [Int32] {
            let servers = [infrastructure.mqtt.pid, infrastructure.postgres.pid, infrastructure.redis.pid]
            return (services.map(\.pid) + servers).compactMap { $0 }
        }

        func service(_ name: String) throws -> Service {
            try #require(services.first { $0.name == name })
        }
    }
}

/// Polls until the condition holds; `false` after the limit.
func eventually(within limit: Duration = .seconds(120), _ condition: () async throws -> Bool) async throws -> Bool {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else { return false }
        try await Task.sleep(for: .milliseconds(30))
    }
    return true
}
