import ArgumentParser
import Foundation
import Logging
import Observability
import Settings
import Synchronization
import Testing
import UnixSignals

@testable import StageRuntime

@Suite struct ServiceLifeTests {
    @Test func `a service announces itself, drains on SIGTERM and leaves no record`() async throws {
        let run = try FrameRun(Sample.self)
        let record = try await run.record { $0.state == "running" }
        #expect(record.name == "sample")
        #expect(record.pipe == "tcp://127.0.0.1:5601")
        #expect(record.isAlive)
        let url = try #require(record.url)
        #expect(try await status(of: url + "/readyz") == 200)
        #expect(try await status(of: url + "/livez") == 200)
        run.send(.sigterm)
        #expect(await run.code() == .success)
        #expect(run.directory.records().isEmpty)
    }

    @Test func `readiness is red before the service begins to drain`() async throws {
        let run = try FrameRun(SlowToDrain.self)
        let url = try #require(try await run.record { $0.state == "running" }.url)
        run.send(.sigterm)
        _ = try await run.record { $0.state == "draining" }
        #expect(try await status(of: url + "/readyz") == 503)
        #expect(try await status(of: url + "/livez") == 200)
        SlowToDrain.mayFinish.finish()
        #expect(await run.code() == .success)
    }

    @Test func `a service that cannot start ends with 1`() async throws {
        let run = try FrameRun(Broken.self)
        #expect(await run.code() == .failure)
        #expect(run.directory.records().isEmpty)
    }

    @Test func `a service that cannot go on ends with 1`() async throws {
        let run = try FrameRun(Sample.self)
        _ = try await run.record { $0.state == "running" }
        Sample.contexts.withLock { $0[run.instance] }?.fail(Broken.Fault())
        #expect(await run.code() == .failure)
    }

    @Test func `SIGTERM while a service starts ends it`() async throws {
        let run = try FrameRun(NeverStarts.self)
        _ = try await run.record { $0.url != nil }
        run.send(.sigint)
        #expect(await run.code() == .success)
    }

    @Test func `SIGHUP takes what is hot and tells what needs a restart`() async throws {
        let run = try FrameRun(Sample.self)
        let url = try #require(try await run.record { $0.state == "running" }.url)
        try run.write("pace: 9, size: 9")
        run.send(.sighup)
        try await eventually { Sample.paces.withLock { $0[run.instance] } == 9 }
        #expect(try await body(of: url + "/config").contains("pace: 9"))
        try run.write("pace: wrong")
        run.send(.sighup)
        run.send(.sigterm)
        #expect(await run.code() == .success)
        #expect(Sample.paces.withLock { $0[run.instance] } == 9)
    }

    @Test func `changes are told apart by their policy`() throws {
        let old = SettingsDocument(yaml: "sample: { pace: 1, size: 1 }", environment: [:])
        let new = SettingsDocument(yaml: "sample: { pace: 2, size: 2 }", environment: [:])
        _ = try old.decode(SampleConfiguration.self)
        _ = try new.decode(SampleConfiguration.self)
        let changes = SettingsChanges(from: old.effective, to: new.effective)
        #expect(changes.hot == ["sample.pace"])
        #expect(changes.restart == ["sample.size"])
    }

    @Test func `a record that cannot be written is counted, and the service goes on`() throws {
        let file = NSTemporaryDirectory() + "sluice-frame-\(UUID().uuidString)"
        try "no folder".write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let registry = MetricsRegistry()
        let events = FrameEvents(in: registry, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let record = InstanceRecord(name: "a", instance: "a-1", pid: 1, version: "0")
        let registration = InstanceRegistration(
            record, in: InstanceDirectory(path: file), failed: events.unregistered)
        registration.update { $0.state = "running" }
        #expect(registry.prometheusText().contains(#"sluice_errors_total{error_type="record_unwritten"} 1"#))
        #expect(registry.prometheusText().contains(#"sluice_errors_total{error_type="not_drained"} 0"#))
    }

    @Test func `the record of a killed process is seen as dead`() {
        let record = InstanceRecord(name: "a", instance: "a-1", pid: Int32.max - 1, version: "0")
        #expect(!record.isAlive)
    }

    @Test func `a record that others may write is left out`() throws {
        let directory = InstanceDirectory(path: NSTemporaryDirectory() + "sluice-frame-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(atPath: directory.path) }
        for instance in ["a-1", "a-2"] {
            try directory.write(InstanceRecord(name: "a", instance: instance, pid: 1, version: "0"))
        }
        try #require(chmod("\(directory.path)/a-2.json", 0o646) == 0)
        #expect(directory.records().map(\.instance) == ["a-1"])
    }

    @Test func `files that are no records are left out`() throws {
        let directory = InstanceDirectory(path: NSTemporaryDirectory() + "sluice-frame-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(atPath: directory.path) }
        try directory.write(InstanceRecord(name: "a", instance: "a-1", pid: 1, version: "0"))
        try "{".write(toFile: directory.path + "/b-1.json", atomically: true, encoding: .utf8)
        #expect(directory.records().map(\.instance) == ["a-1"])
    }
}
