import ArgumentParser
import DetectorCatalog
import Detectors
import Foundation
import IOLoop
import Model
import Processes
import TestServers
import Testing

@testable import SluiceCommand

/// What the command says and how it ends.
@IOThread
struct BacktestCommandTests {
    private func delivered(device: String = "oven") -> [ReadingBatch] {
        var delivered = DeliveredBatches()
        delivered.deliverWave(1_000, device: device, spikes: [600, 800])
        return delivered.batches
    }

    private func backtest(_ url: String, _ arguments: [String]) async throws -> (Processes.ExitStatus, String) {
        let times = ["--from", "2026-03-01", "--to", "2026-03-10"]
        return try await Command(Stage.sluice, ["backtest", "--postgres", url] + times + arguments).run()
    }

    @Test func `a table and a summary, JSON with the same, and a page in a file`() async throws {
        try await withPostgreSQL { url in
            try await BacktestHistory.open(url, delivered()) { _ in
                let (status, text) = try await backtest(url, ["--detector", "tailsum"])
                #expect(status.isSuccess && text.hasPrefix("ID"), "\(text)")
                #expect(
                    text.contains("tailsum: 1000 readings of 1 series, 2 anomalies, 2 alerts, 2 per 1000 readings"),
                    "\(text)")
                let (_, json) = try await backtest(url, ["--detector", "tailsum", "--json"])
                let report = try JSONDecoder().decode(BacktestReport.self, from: Data(json.utf8))
                #expect(report.alertCount == 2 && report.readings == 1_000)
                #expect(report.alerts.map(\.time) == ["2026-03-01T10:00:00.000000Z", "2026-03-01T13:20:00.000000Z"])
                #expect(report.alerts.first?.id.hasPrefix("spool-86-") == true)
                #expect(report.anomalies.map(\.id) == report.alerts.map(\.id) && report.anomalyCount == 2)
                let file = "\(try TestDirectory.make())/page.html"
                let page = ["--detector", "tailsum", "--format", "html", "--output", file]
                let (written, silence) = try await backtest(url, page)
                #expect(written.isSuccess && silence.isEmpty)
                #expect(try String(contentsOfFile: file, encoding: .utf8).hasPrefix("<!doctype html>"))
            }
        }
    }

    @Test func `no readings are exit status 1, and the report is there all the same`() async throws {
        try await withPostgreSQL { url in
            try await BacktestHistory.open(url, []) { _ in
                let (status, text) = try await backtest(url, ["--detector", "tailsum", "--device", "none"])
                #expect(
                    status == .exited(1) && text.contains("tailsum: 0 readings of 0 series, 0 anomalies, 0 alerts"),
                    "\(text)")
            }
        }
    }

    @Test func `a detector that is not there is exit status 64, with those that are`() async throws {
        let file = try settings("anomaly_detector: {detectors: [{type: tailsum, name: mine}], credit: 100}\n")
        let (status, text) = try await backtest("postgres://nobody", ["--detector", "min", "--config", file])
        #expect(status == .exited(64))
        #expect(text.contains("No detector is called 'min'. \(file) has mine; kinds are tailsum,"), "\(text)")
    }

    @Test func `a detector that looks at the clock is exit status 64, with a reason`() async throws {
        let file = try settings("anomaly_detector: {detectors: [{type: missing, name: gone}]}\n")
        for arguments in [["--detector", "missing"], ["--detector", "gone", "--config", file]] {
            let (status, text) = try await backtest("postgres://nobody", arguments)
            #expect(status == .exited(64))
            #expect(
                text.contains("'\(arguments[1])' cannot be tried on stored readings: it looks at the clock"), "\(text)")
        }
    }

    @Test func `a kind that needs settings says which`() async throws {
        let (status, text) = try await backtest("postgres://nobody", ["--detector", "rate-of-change"])
        #expect(status == .exited(64) && text.contains("a rate of change needs a `limit`"), "\(text)")
    }

    @Test func `wrong settings are exit status 78, with their place`() async throws {
        let file = try settings("anomaly_detector:\n  detectors: [{type: tailsum, treshold: 2}]\n")
        let (status, text) = try await backtest("postgres://nobody", ["--detector", "tailsum", "--config", file])
        #expect(status == .exited(78))
        #expect(text.hasPrefix("\(file):2:31: anomaly_detector.detectors[0].treshold: unknown key"), "\(text)")
    }

    @Test func `a name in the file wins over the kind of that name`() throws {
        let file = try settings("anomaly_detector: {detectors: [{type: threshold, name: tailsum, above: 3}]}\n")
        let choice = try DetectorChoice(config: file, environment: [:])
        guard case .threshold(let limits) = try choice.named("tailsum").configuration else {
            Issue.record("not the one of the file")
            return
        }
        #expect(limits.above == 3)
        #expect(try choice.named("flat-line").name == "flat-line")
    }

    @Test(arguments: [
        ["--from", "2026-03-02", "--to", "2026-03-02"], ["--from", "2026-03-02", "--json", "--format", "html"],
        ["--from", "2026-03-02", "--limit", "0"], ["--to", "2026-03-02"],
    ])
    func `what cannot be meant is refused`(arguments: [String]) {
        #expect(throws: (any Error).self) { try BacktestCommand.parse(["--detector", "tailsum"] + arguments) }
    }

    private func settings(_ text: String) throws -> String {
        let file = "\(try TestDirectory.make())/sluice.yaml"
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }
}
