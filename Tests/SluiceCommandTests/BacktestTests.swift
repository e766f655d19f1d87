import Alerting
import DetectorCatalog
import Foundation
import IOLoop
import Model
import PostgreSQL
import TestServers
import Testing

@testable import SluiceCommand

/// A detector over what is stored.
@IOThread
struct BacktestTests {
    private func fleet() -> DeliveredBatches {
        var delivered = DeliveredBatches()
        delivered.deliverWave(1_500, device: "oven", spikes: [700, 1_100], producers: ["north", "south"])
        delivered.deliverWave(1_200, device: "pump", spikes: [900])
        delivered.deliverWave(50, device: "young", spikes: [40])
        return delivered
    }

    @Test(arguments: ["tailsum", "running-zscore", "window-zscore", "flat-line"])
    func `anomalies and alerts are those of the same detector in the pipeline`(kind: String) async throws {
        let delivered = fleet()
        let request = try BacktestRequest.standard(kind)
        let expected = try delivered.anomalies(of: request.detector.makeDetector())
        let fired = try delivered.firedAlerts(of: request.detector)
        let outcome = try await BacktestHistory.with(delivered.batches) { try await $0.run(request) }
        #expect(outcome.anomalies == expected)
        #expect(Set(outcome.alerts.map(\.id)) == fired && outcome.tally.alerts == fired.count)
        #expect(fired.isEmpty == expected.isEmpty)
        #expect(
            outcome.tally.anomalies == expected.count && outcome.tally.readings == 2_750 && outcome.tally.series == 3)
        if kind == "tailsum" { #expect(expected.count >= 3 && outcome.tally.seriesWarming == 1) }
    }

    @Test func `a forest of a device is tried on all of its sensors together, in the order of their delivery`()
        async throws
    {
        var delivered = DeliveredBatches()
        for device in ["oven", "pump"] {
            for index in 0..<400 {
                let load = 0.5 + 0.5 * sin(Double(index) / 15)
                let noise = Double((index &* 7_919) % 101) / 1_010
                // Once the one is what it is without load, and the other is not.
                let odd = index == 306 && device == "oven" ? 1 - load : load
                delivered.deliver([(index * 10, 20 + 40 * load + noise)], device: device, sensor: "heat")
                delivered.deliver([(index * 10, 1 + 4 * odd - noise / 10)], device: device, sensor: "pressure")
            }
        }
        let file = try settings("[{type: isolation-forest, name: whole, scope: device, window: 200}]")
        var request = try BacktestRequest.standard("whole", config: file)
        let expected = try delivered.anomalies(of: request.detector.makeDetector())
        let fired = try delivered.firedAlerts(of: request.detector)
        let (outcome, paged) = try await BacktestHistory.with(delivered.batches) { history in
            let outcome = try await history.run(request)
            request.pageSize = 97
            return (outcome, try await history.run(request))
        }
        #expect(outcome.anomalies == expected && Set(outcome.alerts.map(\.id)) == fired)
        #expect(paged.anomalies == expected && paged.alerts == outcome.alerts)
        let odd = DeliveredBatches.start.advanced(by: .seconds(3_060))
        #expect(outcome.anomalies.contains { $0.timestamp == odd && $0.device == "oven" && $0.sensor == "pressure" })
        #expect(outcome.tally.series == 4 && outcome.tally.readings == 1_600 && outcome.tally.seriesWarming == 0)
    }

    @Test func `pages change nothing`() async throws {
        let delivered = fleet()
        var request = try BacktestRequest.standard("tailsum")
        let (whole, paged) = try await BacktestHistory.with(delivered.batches) { history in
            let whole = try await history.run(request)
            request.pageSize = 97
            return (whole, try await history.run(request))
        }
        #expect(paged.alerts == whole.alerts && paged.anomalies == whole.anomalies && !whole.alerts.isEmpty)
        #expect(paged.tally.readings == whole.tally.readings)
        #expect(paged.tally.seriesWarming == whole.tally.seriesWarming && paged.tally.series == 3)
    }

    @Test func `a reading that came late is learnt when it came`() async throws {
        var delivered = DeliveredBatches()
        // The jump from 1 to 9 is fast in the order of time only.
        delivered.deliver([(0, 1), (100, 9)])
        delivered.deliver([(99, 1)])
        let file = try settings("[{type: rate-of-change, name: speed, limit: 1, per: 1s}]")
        let request = try BacktestRequest.standard("speed", config: file)
        let expected = try delivered.anomalies(of: request.detector.makeDetector())
        let outcome = try await BacktestHistory.with(delivered.batches) { try await $0.run(request) }
        #expect(
            expected.isEmpty && outcome.anomalies == expected && outcome.alerts.isEmpty && outcome.tally.readings == 3)
    }

    @Test func `only the devices and sensors that match are read`() async throws {
        let delivered = fleet()
        var request = try BacktestRequest.standard("tailsum")
        request.scope.devices = ["pu*", "nothing"]
        let outcome = try await BacktestHistory.with(delivered.batches) { try await $0.run(request) }
        #expect(outcome.tally.series == 1 && outcome.tally.readings == 1_200)
        #expect(!outcome.alerts.isEmpty && outcome.alerts.allSatisfy { $0.series.device == "pump" })
    }

    @Test func `a detector is tried on the series that its settings give it`() async throws {
        let delivered = fleet()
        let file = try settings("[{type: threshold, name: hot, above: 50, devices: [oven]}]")
        let request = try BacktestRequest.standard("hot", config: file)
        let outcome = try await BacktestHistory.with(delivered.batches) { try await $0.run(request) }
        #expect(outcome.tally.series == 1 && outcome.anomalies.map(\.device) == ["oven", "oven"])
    }

    @Test func `from is in, to is out, and what was before is learnt on demand`() async throws {
        let delivered = fleet()
        var request = try BacktestRequest.standard("tailsum")
        request.scope.devices = ["oven"]
        let start = DeliveredBatches.start
        request.from = start.advanced(by: .seconds(1_100 * 60))
        request.to = start.advanced(by: .seconds(1_400 * 60))
        let (cold, warm) = try await BacktestHistory.with(delivered.batches) { history in
            let cold = try await history.run(request)
            request.warmUp = .seconds(1_100 * 60)
            return (cold, try await history.run(request))
        }
        #expect(cold.tally.readings == 300 && cold.tally.learntBefore == 0 && cold.anomalies.isEmpty)
        #expect(warm.tally.readings == 300 && warm.tally.learntBefore == 1_100)
        #expect(warm.anomalies.first?.timestamp == request.from && warm.tally.anomalies == warm.anomalies.count)
        #expect(warm.alerts.first?.firedAt == request.from && warm.tally.alerts == warm.alerts.count)
    }

    @Test func `a series in two units is one series`() async throws {
        var delivered = DeliveredBatches()
        delivered.deliver([(0, 10)], unit: "C")
        delivered.deliver([(1, 90)], unit: "F")
        let file = try settings("[{type: rate-of-change, name: speed, limit: 1, per: 1s}]")
        let request = try BacktestRequest.standard("speed", config: file)
        let outcome = try await BacktestHistory.with(delivered.batches) { try await $0.run(request) }
        #expect(outcome.tally.series == 1 && outcome.anomalies.map(\.unit) == ["F"])
    }

    @Test func `the earliest alerts are listed and all are counted`() async throws {
        var delivered = DeliveredBatches()
        for device in ["b", "a"] { delivered.deliver((0..<2_000).map { ($0, Double($0 % 2) * 100) }, device: device) }
        let alert = "{keep_firing_for: 0s, flapping: {enabled: false}}"
        let file = try settings("[{type: rate-of-change, limit: 50, per: 1s, alert: \(alert)}]")
        var request = try BacktestRequest.standard("rate-of-change", config: file)
        request.alertLimit = 5
        let outcome = try await BacktestHistory.with(delivered.batches) { try await $0.run(request) }
        #expect(outcome.tally.anomalies == 3_998)
        #expect(outcome.anomalies.map(\.device) == ["a", "b", "a", "b", "a"])
        // Each reading is a breach: one alert a series, which is there till the end.
        #expect(outcome.alerts.map(\.series.device) == ["a", "b"])
    }

    @Test func `more alerts than are listed are counted`() async throws {
        var delivered = DeliveredBatches()
        delivered.deliver((0..<100).map { ($0, $0 % 10 == 5 ? 100.0 : 0) })
        let alert = "{keep_firing_for: 0s, flapping: {enabled: false}}"
        let file = try settings("[{type: threshold, above: 50, alert: \(alert)}]")
        var request = try BacktestRequest.standard("threshold", config: file)
        request.alertLimit = 3
        let outcome = try await BacktestHistory.with(delivered.batches) { try await $0.run(request) }
        #expect(outcome.tally.alerts == 10 && outcome.tally.messages == 20)
        let start = DeliveredBatches.start
        #expect(outcome.alerts.map(\.firedAt) == [5, 15, 25].map { start.advanced(by: .seconds($0)) })
        #expect(outcome.alerts.map(\.resolvedAt) == [6, 16, 26].map { start.advanced(by: .seconds($0)) })
        #expect(BacktestTable(outcome).text.contains("the first 3 of 10 alerts"))
    }

    @Test func `what lasts is one alert, from its first breach to its end`() async throws {
        var delivered = DeliveredBatches()
        delivered.deliver((0..<1_000).map { ($0, (100..<400).contains($0) ? 95.0 : 20) })
        delivered.deliver((1_000..<1_010).map { ($0, 95.0) })
        let file = try settings(
            "[{type: threshold, name: hot, above: 90, alert: {for: 10s, severity: critical, flapping: {window: 1m}}}]")
        let request = try BacktestRequest.standard("hot", config: file)
        let outcome = try await BacktestHistory.with(delivered.batches) { try await $0.run(request) }
        let start = DeliveredBatches.start
        let alert = try #require(outcome.alerts.first)
        // The second breach lasts for less than `for`: it never fires.
        #expect(outcome.alerts.count == 1 && outcome.tally.anomalies == 2)
        #expect(alert.openedAt == start.advanced(by: .seconds(100)) && alert.severity == .critical)
        #expect(alert.firedAt == start.advanced(by: .seconds(110)) && alert.messages == 2)
        #expect(alert.resolvedAt == start.advanced(by: .seconds(699)) && alert.state == .resolved)
    }

    @Test func `what nobody hears the end of is over by the clock, and reminded of before`() async throws {
        var delivered = DeliveredBatches()
        delivered.deliver([(0, 20), (1, 95)])
        let file = try settings("[{type: threshold, above: 90, alert: {message_limit: 5, unheard_for: 24h}}]")
        var request = try BacktestRequest.standard("threshold", config: file)
        let (ended, open) = try await BacktestHistory.with(delivered.batches) { history in
            let open = try await history.run(request)
            request.to = DeliveredBatches.end.advanced(by: .seconds(2 * 86_400))
            return (try await history.run(request), open)
        }
        #expect(ended.alerts.first?.resolvedAt == DeliveredBatches.start.advanced(by: .seconds(86_401)))
        // That it fires, three reminders four hours apart, and its end.
        #expect(ended.tally.messages == 5)
        #expect(open.alerts.first?.state == .firing && open.alerts.first?.resolvedAt == nil)
        #expect(BacktestTable(open).text.contains("firing"))
    }

    @Test func `it needs no right to write`() async throws {
        try await BacktestHistory.with(fleet().batches) { history in
            try await history.connection.execute("SET default_transaction_read_only = on")
            _ = try await history.run(BacktestRequest.standard("tailsum"))
        }
    }

    @Test func `a database without tables is named as such`() async throws {
        try await withPostgreSQL { url in
            let connection = try await PostgreSQLConnection.connect(.init(url: url, applicationName: "test"))
            defer { connection.close() }
            let error = await #expect(throws: UnknownSchema.self) {
                try await Backtest(try .standard("tailsum"), on: connection).run()
            }
            #expect(error?.description.contains("storage-writer") == true)
        }
    }

    private func settings(_ detectors: String) throws -> String {
        let file = "\(try TestDirectory.make())/sluice.yaml"
        try "anomaly_detector: {detectors: \(detectors)}\n".write(toFile: file, atomically: true, encoding: .utf8)
        return file
    }
}
