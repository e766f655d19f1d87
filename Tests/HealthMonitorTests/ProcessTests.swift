import Foundation
import HTTPEndpoints
import Processes
import StageRuntime
import Testing

@testable import HealthMonitor

/// The built executable, as a supervisor sees it.
@Suite struct ProcessTests {
    private static let executable = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().appendingPathComponent("health-monitor").path
    private let folder = NSTemporaryDirectory() + "sluice-monitor-\(UUID().uuidString)"

    private func run(_ arguments: [String]) async throws -> (status: Processes.ExitStatus, text: String) {
        try await Command(Self.executable, arguments, directory: NSTemporaryDirectory()).run()
    }

    private func start() async throws -> (ChildProcess, InstanceRecord) {
        let command = Command(
            Self.executable, ["--registry", folder, "--instance", "monitor-1"], output: .appended(to: folder + ".log"))
        let process = try ChildProcess.spawn(command)
        let directory = InstanceDirectory(path: folder)
        let deadline = ContinuousClock.now + .seconds(60)
        while directory.records().first?.state != "running" {
            try #require(ContinuousClock.now < deadline, "it does not run within a minute")
            try await Task.sleep(for: .milliseconds(20))
        }
        return (process, try #require(directory.records().first))
    }

    private func cleanUp() {
        for path in [folder, folder + ".log"] { try? FileManager.default.removeItem(atPath: path) }
    }

    @Test func `SIGTERM drains, removes the record and ends with 0`() async throws {
        defer { cleanUp() }
        let (process, record) = try await start()
        #expect(record.pid == process.pid)
        process.signal(SIGTERM)
        #expect(await process.exitStatus(within: .seconds(60)) == .exited(0))
        #expect(InstanceDirectory(path: folder).records().isEmpty)
        let log = try String(contentsOfFile: folder + ".log", encoding: .utf8).split(separator: "\n")
        #expect(log.allSatisfy { $0.hasPrefix("{\"time\":\"") })
        #expect(log.last?.contains("\"message\":\"stopped\"") == true)
    }

    @Test func `the monitor shows itself, and serves its page`() async throws {
        defer { cleanUp() }
        let (process, record) = try await start()
        let port = try #require(record.url.flatMap { URL(string: $0)?.port })
        let client = OperatorClient()
        let deadline = ContinuousClock.now + .seconds(60)
        var status = ""
        while !status.contains(#""state":"ready""#), ContinuousClock.now < deadline {
            status = try await client.get(["/api/status"], host: "127.0.0.1", port: port, within: .seconds(30))[0].body
        }
        #expect(status.contains("monitor-1"))
        let replies = try await client.get(
            DashboardFiles.all.map(\.path), host: "127.0.0.1", port: port, within: .seconds(30))
        #expect(replies.allSatisfy { $0.status == 200 })
        #expect(replies.map { Array($0.body.utf8) } == DashboardFiles.all.map(\.bytes))
        _ = await process.stop(within: .seconds(60))
    }

    @Test func `asked for its health, a service needs to know no more than where it listens`() async throws {
        defer { cleanUp() }
        let (process, _) = try await start()
        let broken = ["--set", "health_monitor.deadline=5", "--set", "postgres.password_file=/nowhere"]
        let arguments = ["--registry", folder, "--instance", "monitor-1"] + broken
        #expect(try await run(arguments).status == .exited(78))
        let (status, text) = try await run(arguments + ["--health"])
        #expect(status == .exited(0) && text == "health-monitor answers 200: ok\n", "\(text)")
        _ = await process.stop(within: .seconds(60))
        #expect(try await run(arguments + ["--health"]).status == .exited(1))
    }

    @Test func `a kill leaves a record that is seen as dead`() async throws {
        defer { cleanUp() }
        let (process, _) = try await start()
        process.signal(SIGKILL)
        _ = await process.exitStatus()
        let record = try #require(InstanceDirectory(path: folder).records().first)
        #expect(!record.isAlive)
    }

    @Test func `bad settings end with 78 and name every mistake`() async throws {
        let arguments = ["--set", "health_monitor.poll_intervall=1s", "--set", "health_monitor.deadline=5"]
        let (status, text) = try await run(arguments)
        #expect(status == .exited(78))
        #expect(text.contains("unknown key; did you mean 'poll_interval'?"))
        #expect(text.contains("expected a duration such as 5s, 250ms or 1h30m, found '5'"))
    }

    @Test func `a taken port ends with 1`() async throws {
        defer { cleanUp() }
        let (process, record) = try await start()
        let port = try #require(record.url.flatMap { URL(string: $0)?.port })
        let (status, text) = try await run(["--set", "http.port=\(port)"])
        #expect(status == .exited(1))
        #expect(text.contains("cannot listen on http://127.0.0.1:\(port)"))
        _ = await process.stop(within: .seconds(60))
    }

    @Test func `help, version and validation end with 0`() async throws {
        #expect(try await run(["--help"]).text.contains("--registry <folder>"))
        #expect(try await run(["--version"]).status == .exited(0))
        #expect(try await run(["--validate"]).text == "the settings of health-monitor are good\n")
    }

    @Test func `validation shows what is good and should not stay so`() async throws {
        let (status, text) = try await run(["--validate", "--set", "postgres.url=postgres://sluice@db.example/sluice"])
        #expect(status == .exited(0))
        #expect(text.hasPrefix("warning: ") && text.contains("postgres.url: "), "\(text)")
        #expect(text.hasSuffix("\nthe settings of health-monitor are good\n"), "\(text)")
    }

    @Test func `settings that another user has laid there are believed when they are named`() async throws {
        // Nobody else can give files away.
        guard geteuid() == 0 else { return }
        defer { cleanUp() }
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try "http: { port: 0 }\n".write(toFile: "\(folder)/sluice.yaml", atomically: true, encoding: .utf8)
        try #require(chown("\(folder)/sluice.yaml", 1_000, 1_000) == 0)
        let found = try await Command(Self.executable, ["--validate"], directory: folder).run()
        #expect(found.status == .exited(78))
        #expect(found.text.hasPrefix("sluice.yaml, which nobody named, belongs to user 1000; name it"), "\(found)")
        let named = try await Command(
            Self.executable, ["--validate", "--config", "sluice.yaml"], directory: folder
        ).run()
        #expect(named.status == .exited(0), "\(named)")
    }
}
