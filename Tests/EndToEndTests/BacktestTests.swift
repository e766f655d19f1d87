import Foundation
import Testing

extension EndToEnd {
    /// What ran over the live readings, run over the stored ones.
    struct BacktestTests {
        @Test func `backtest finds the anomalies and raises the alerts that the pipeline did, and no others`()
            async throws
        {
            let settings = try OutputFile()
            let detectors = """
                anomaly_detector:
                  detectors:
                    - { type: tailsum }
                    - { type: running-zscore, sensors: [temp*] }
                    - { type: flat-line, readings: 5 }
                """
            try detectors.write(to: settings.url, atomically: true, encoding: .utf8)
            try await withStack(["--config", settings.url.path]) { stack in
                try await Shell.succeed(
                    Shell.product("sluice"),
                    [
                        "simulate", "--data-dir", stack.dataDirectory.path, "--devices", "20", "--rate", "0", "--count",
                        "48000", "--seed", "4", "--anomaly-every", "97",
                    ])
                #expect(try await stack.reaches(48_000, "select count(*) from readings"))
                for detector in ["tailsum", "running-zscore", "flat-line"] {
                    try await compare(detector, settings.url.path, on: stack)
                }
                #expect(try await stack.number("select count(*) from anomalies where detector = 'tailsum'") > 0)
                #expect(try await stack.number("select count(*) from anomalies where detector = 'running-zscore'") > 0)
            }
        }

        private func compare(_ detector: String, _ settings: String, on stack: Stack) async throws {
            let text = try await Shell.succeed(
                Shell.product("sluice"),
                [
                    "backtest", "--data-dir", stack.dataDirectory.path, "--config", settings, "--detector", detector,
                    "--from", "2000-01-01", "--json",
                ])
            let report = try JSONDecoder().decode(Report.self, from: Data(text.utf8))
            let live = try await stack.query("select anomaly_id from anomalies where detector = '\(detector)'")
            #expect(Set(report.anomalies.map(\.id)) == Set(live.split(separator: "\n").map(String.init)), "\(detector)")
            // They are recorded beside the readings, and may be so a moment later.
            let fired = "from alerts where detector = '\(detector)' and fired_at is not null"
            #expect(try await stack.reaches(report.alerts.count, "select count(*) \(fired)"), "\(detector)")
            let alerts = try await stack.query("select alert_id \(fired)")
            #expect(Set(report.alerts.map(\.id)) == Set(alerts.split(separator: "\n").map(String.init)), "\(detector)")
            #expect(report.readings == 48_000 || detector == "running-zscore")
        }

        private struct Report: Decodable {
            struct Entry: Decodable { var id: String }
            var readings: Int
            var alerts: [Entry]
            var anomalies: [Entry]
        }
    }
}
