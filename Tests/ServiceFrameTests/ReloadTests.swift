import ArgumentParser
import Foundation
import Observability
import Settings
import Synchronization
import Testing
import UnixSignals

@testable import StageRuntime

@Suite struct ReloadTests {
    /// A running service, and where it answers.
    private func running() async throws -> (run: FrameRun, url: String) {
        let run = try FrameRun(Sample.self)
        let url = try #require(try await run.record { $0.state == "running" }.url)
        return (run, url)
    }

    private func pace(of run: FrameRun) -> Int? { Sample.paces.withLock { $0[run.instance] } }

    private func end(_ run: FrameRun) async {
        run.send(.sigterm)
        #expect(await run.code() == .success)
    }

    @Test func `what is hot is applied, and the rest waits for a restart`() async throws {
        let (run, url) = try await running()
        let before = try await reload(url).answer
        #expect(before.applied.isEmpty && before.requiresRestart.isEmpty && before.rejected.isEmpty)

        try run.write("pace: 9, size: 9", "health: { stall_after: 3s }")
        let (status, answer) = try await reload(url)
        #expect(status == 200)
        #expect(answer.applied == ["health.stall_after", "sample.pace"])
        #expect(answer.requiresRestart == ["sample.size"])
        #expect(answer.rejected.isEmpty)
        #expect(answer.configVersion != before.configVersion)
        #expect(pace(of: run) == 9)
        let context = try #require(Sample.contexts.withLock { $0[run.instance] })
        #expect(context.healthLimits.current.stallAfter == .seconds(3))

        // What runs is shown, not what the file says; and what waits, waits on.
        let shown = try await body(of: url + "/config")
        #expect(shown.contains("pace: 9") && shown.contains("size: 1"))
        #expect(shown.contains("# waits for a restart: sample.size\n"))
        #expect(shown.hasPrefix("# config_version: \(answer.configVersion)\n# last reload: "))
        let again = try await reload(url).answer
        #expect(again.applied.isEmpty && again.requiresRestart == ["sample.size"])
        await end(run)
    }

    @Test func `any rejection applies nothing, and says which path and why`() async throws {
        let (run, url) = try await running()
        let before = try await reload(url).answer.configVersion
        try run.write("pace: 9, sice: 9")
        let (status, answer) = try await reload(url)
        #expect(status == 422)
        #expect(answer.applied.isEmpty && answer.requiresRestart.isEmpty)
        #expect(answer.rejected.map(\.path) == ["sample.sice"])
        #expect(answer.rejected.first?.error.contains("unknown key; did you mean 'size'?") == true)
        #expect(answer.configVersion == before)
        #expect(pace(of: run) == nil)
        let version = try await body(of: url + "/version")
        #expect(version.contains(#""config_version":"\#(before)""#) && version.contains(#""outcome":"rejected""#))
        let metrics = try await body(of: url + "/metrics")
        #expect(metrics.contains(#"sluice_errors_total{error_type="settings_rejected"} 1"#))
        #expect(metrics.contains(#"sluice_events_total{event="settings_reloaded"} 1"#))
        await end(run)
    }

    @Test func `what the service itself refuses applies nothing either`() async throws {
        let (run, url) = try await running()
        try run.write("pace: 13", "health: { stall_after: 3s }")
        let answer = try await reload(url).answer
        #expect(answer.applied.isEmpty)
        #expect(answer.rejected == [.init(path: "sample", error: "thirteen is not for this service")])
        #expect(try await body(of: url + "/config").contains("pace: 1"))
        await end(run)
    }

    @Test func `it takes the operators' token, and POST`() async throws {
        let (run, url) = try await running()
        #expect(try await status(of: url + "/-/reload") == 405)
        await #expect(throws: DecodingError.self) { try await reload(url, token: "wrong") }
        await end(run)
    }

    @Test func `many who ask at once are answered one after the other`() async throws {
        let (run, url) = try await running()
        try run.write("pace: 5")
        let answers = try await withThrowingTaskGroup(of: ReloadAnswer.self) { group in
            for _ in 0..<8 { group.addTask { try await reload(url).answer } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(answers.count { $0.applied == ["sample.pace"] } == 1)
        #expect(answers.count { $0.applied.isEmpty } == 7)
        await end(run)
    }

    @Test func `SIGHUP does the same, and leaves the outcome behind`() async throws {
        let (run, url) = try await running()
        try run.write("pace: 4")
        run.send(.sighup)
        try await eventually { pace(of: run) == 4 }
        while try await !body(of: url + "/version").contains(#""outcome":"applied""#) {
            try await Task.sleep(for: .milliseconds(10))
        }
        await end(run)
    }

    @Test func `equal settings have equal versions, and secrets do not show in them`() throws {
        func version(_ yaml: String) throws -> String {
            let document = SettingsDocument(yaml: yaml, environment: [:])
            _ = try document.decode(ServiceSettings<SampleConfiguration>.self)
            return document.effective.version
        }
        let first = try version("sample: { pace: 2 }\nhttp: { operator_token: abc }")
        #expect(try version("http: { operator_token: xyz }\nsample: { pace: 2 }") == first)
        #expect(try version("sample: { pace: 3 }\nhttp: { operator_token: abc }") != first)
        #expect(first.count == 12)
    }
}
