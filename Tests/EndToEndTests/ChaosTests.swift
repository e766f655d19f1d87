import Foundation
import Testing

extension EndToEnd {
    /// `make soak` does the same for ten minutes.
    struct ChaosTests {
        @Test func `twenty seconds of a fixed schedule lose nothing and store nothing twice`() async throws {
            let file = try OutputFile()
            let result = try await Shell.run(
                Shell.product("sluice"),
                ["chaos", "--duration", "20s", "--seed", "3", "--rate", "1000", "--json", file.url.path],
                deadline: 300)
            #expect(result.status == 0, "\(result.output)\(result.errors)")
            let report = try JSONDecoder().decode(Report.self, from: Data(contentsOf: file.url))
            // A load that stood still would prove nothing.
            #expect(report.sent > 5_000)
            #expect(report.stored == report.sent)
            #expect(report.schedule.count >= 4)
            #expect(report.skipped < report.schedule.count)
        }

        /// Every kind of fault once, on a folder that stays.
        @Test func `a schedule from a file is carried out`() async throws {
            let run = try ScheduledRun(
                """
                [{"milliseconds": 1000, "fault": "kill", "target": "storage-writer-1"},
                 {"milliseconds": 2500, "fault": "scale", "target": "preprocessor", "amount": 2},
                 {"milliseconds": 4000, "fault": "stop", "target": "anomaly-detector-1", "amount": 3000},
                 {"milliseconds": 5000, "fault": "restart-redis", "target": "redis"},
                 {"milliseconds": 7000, "fault": "restart-postgres", "target": "postgresql"},
                 {"milliseconds": 9000, "fault": "terminate", "target": "mqtt-ingest-1"},
                 {"milliseconds": 11000, "fault": "restart-mqtt", "target": "mosquitto"},
                 {"milliseconds": 12000, "fault": "kill", "target": "mqtt-ingest-9"}]
                """)
            defer { run.remove() }
            let result = try await run.start(["--duration", "13s", "--json", run.report.path])
            #expect(result.status == 0, "\(result.output)\(result.errors)")
            let report = try JSONDecoder().decode(Report.self, from: Data(contentsOf: run.report))
            #expect(report.stored == report.sent && report.sent > 4_000)
            #expect(report.schedule.count == 8 && report.skipped == 1)
            #expect(FileManager.default.fileExists(atPath: run.data.path))
        }

        /// As if Sluice had lost one: a row is deleted behind its back.
        @Test func `a reading that is gone ends with 1`() async throws {
            let run = try ScheduledRun("[]")
            defer { run.remove() }
            async let chaos = run.start(["--duration", "8s", "--drain", "5s"])
            let isGone = try await eventually(within: 60) {
                try await run.query("delete from reading_rows where metadata->>'n' = '5'") == "DELETE 1"
            }
            #expect(isGone)
            let result = try await chaos
            #expect(result.status == 1)
            #expect(result.output.contains("lost             1\n"), "\(result.output)\(result.errors)")
        }
    }
}

private struct Report: Decodable {
    struct Event: Decodable {}

    var sent: Int
    var stored: Int
    var skipped: Int
    var schedule: [Event]
}

/// `sluice chaos` in a folder of its own.
private struct ScheduledRun {
    let folder: URL
    var data: URL { folder.appendingPathComponent("data") }
    var report: URL { folder.appendingPathComponent("report.json") }
    private var schedule: URL { folder.appendingPathComponent("schedule.json") }

    init(_ events: String) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-chaos-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(events.utf8).write(to: schedule)
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    func start(_ options: [String]) async throws -> CommandResult {
        let words = ["chaos", "--schedule", schedule.path, "--data-dir", data.path, "--rate", "500"]
        return try await Shell.run(Shell.product("sluice"), words + options, deadline: 300)
    }

    /// Empty as long as there is no database.
    func query(_ sql: String) async throws -> String {
        let status = try await Shell.run(Shell.product("sluice"), ["status", "--data-dir", data.path, "--json"])
        guard status.status == 0,
            let url = try? JSONDecoder().decode(StackStatus.self, from: Data(status.output.utf8)).infrastructure
                .postgres.url
        else { return "" }
        return try await Shell.run(URL(fileURLWithPath: "/usr/bin/psql"), [url, "-X", "-c", sql]).output
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
