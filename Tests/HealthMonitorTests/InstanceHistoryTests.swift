import Foundation
import HTTPEndpoints
import Model
import StageRuntime
import Testing

@testable import HealthMonitor

@Suite struct InstanceHistoryTests {
    private let start = Timestamp(seconds: 1_000_000)

    /// A record of this process, which certainly lives.
    private func sighting(pid: Int32 = getpid()) -> Sighting {
        let record = InstanceRecord(name: "preprocessor", instance: "preprocessor-1", pid: pid, version: "0.1.0")
        return Sighting(key: "preprocessor-1", address: HTTPAddress(host: "127.0.0.1", port: 1), record: record)
    }

    private func healthy(
        _ status: String = "ok", phase: String = "running", uptime: Int = 10, isReady: Bool = true,
        metrics: String = "", detail: String = ""
    ) throws -> Observation {
        let check = #"{"name":"redis","status":"\#(status)","since":"x","detail":"\#(detail)"}"#
        let json =
            #"{"status":"\#(status)","phase":"\#(phase)","checks":[\#(check)],"version":"0.1.0","uptime":\#(uptime)}"#
        let report = try #require(HealthReport(json: json))
        return Observation(.health(report, isReady: isReady, figures: Figures(prometheusText: metrics)))
    }

    private func history() -> InstanceHistory { InstanceHistory(sighting(), at: start) }

    private func at(_ seconds: Int) -> Timestamp { start.advanced(by: .seconds(seconds)) }

    @Test func `each answer has its state`() throws {
        var history = history()
        history.observe(try healthy(phase: "starting", isReady: false), sighting(), at: at(1))
        #expect(history.state == .starting)
        history.observe(try healthy(), sighting(), at: at(2))
        #expect(history.state == .ready)
        history.observe(try healthy("degraded", detail: "away"), sighting(), at: at(3))
        #expect(history.state == .degraded)
        #expect(history.detail == "redis: away")
        history.observe(try healthy("fail", isReady: false), sighting(), at: at(4))
        #expect(history.state == .stalled)
        history.observe(try healthy(phase: "draining", isReady: false), sighting(), at: at(5))
        #expect(history.state == .draining)
    }

    @Test func `since is when the state last changed`() throws {
        var history = history()
        history.observe(try healthy(), sighting(), at: at(1))
        history.observe(try healthy(), sighting(), at: at(9))
        #expect(history.since == at(1))
    }

    @Test func `a young process that does not listen yet is starting, an old one is down`() throws {
        var young = history()
        young.observe(Observation(.none(.unreachable, "refused")), sighting(), at: at(3))
        #expect(young.state == .starting)
        young.observe(Observation(.none(.unreachable, "refused")), sighting(), at: at(11))
        #expect(young.state == .down)
    }

    @Test func `a process that answered before and does not listen is down`() throws {
        var history = history()
        history.observe(try healthy(), sighting(), at: at(1))
        history.observe(Observation(.none(.unreachable, "refused")), sighting(), at: at(2))
        #expect(history.state == .down)
    }

    @Test func `a killed process is down at once, however young`() {
        let dead = sighting(pid: Int32.max - 1)
        var history = InstanceHistory(dead, at: start)
        history.observe(Observation(.none(.unreachable, "refused")), dead, at: at(1))
        #expect(history.state == .down)
        #expect(history.detail == "process \(Int32.max - 1) is gone")
    }

    @Test func `a process that takes connections and is silent is stalled`() throws {
        var history = history()
        history.observe(try healthy(), sighting(), at: at(1))
        history.observe(Observation(.none(.silent, "nothing within 2 seconds")), sighting(), at: at(3))
        #expect(history.state == .stalled)
    }

    @Test func `a new process id is a restart, and so is a shorter uptime`() throws {
        var history = history()
        history.observe(try healthy(uptime: 100), sighting(), at: at(1))
        history.observe(try healthy(uptime: 3), sighting(pid: 1), at: at(5))
        #expect(history.restarts == 1)
        history.observe(try healthy(uptime: 1), sighting(pid: 1), at: at(9))
        #expect(history.restarts == 2)
        history.observe(try healthy(uptime: 2), sighting(pid: 1), at: at(10))
        #expect(history.restarts == 2)
    }

    @Test func `rates come from two looks, and not from a counter that began anew`() throws {
        var history = history()
        let metrics = { (count: Int) in
            "sluice_received_readings_total{link=\"a\"} \(count)\nprocess_cpu_seconds_total 1\n"
        }
        history.observe(try healthy(metrics: metrics(100)), sighting(), at: at(1))
        #expect(history.rates.received == nil)
        history.observe(try healthy(metrics: metrics(600)), sighting(), at: at(3))
        #expect(history.rates.received == 250)
        #expect(history.rates.cpu == 0)
        history.observe(try healthy(metrics: metrics(10)), sighting(), at: at(4))
        #expect(history.rates.received == nil)
    }

    @Test func `what it said before it fell silent is not shown, and rates begin anew`() throws {
        var history = history()
        let metrics = { (count: Int) in "sluice_received_readings_total \(count)\nsluice_utilization 0.9\n" }
        for second in 1...2 {
            history.observe(try healthy(metrics: metrics(second * 100)), sighting(), at: at(second))
        }
        #expect(history.rates.received == 100 && history.figures.utilization == 0.9)
        history.observe(Observation(.none(.silent, "nothing")), sighting(), at: at(3))
        #expect(history.figures == Figures() && history.rates == InstanceHistory.Rates())
        history.observe(try healthy(metrics: metrics(900)), sighting(), at: at(13))
        // Not the mean over the silence.
        #expect(history.rates.received == nil && history.figures.received == 900)
        history.left(at: at(14))
        #expect(history.figures == Figures())
    }

    @Test func `figures are sums over labels`() {
        let text = """
            # HELP sluice_discarded_readings_total x
            # TYPE sluice_discarded_readings_total counter
            sluice_discarded_readings_total{reason="a b",intentional="false"} 3
            sluice_discarded_readings_total{reason="b",intentional="false"} 4
            sluice_spool_bytes 1.5e3
            sluice_unknown 8

            """
        let figures = Figures(prometheusText: text)
        #expect(figures.discarded == 7)
        #expect(figures.spoolBytes == 1_500)
        #expect(figures.received == nil)
    }

    @Test func `an instance that left is shown until it is forgotten`() throws {
        var history = history()
        history.observe(try healthy(), sighting(), at: at(1))
        history.left(at: at(2))
        #expect(history.state == .left)
        #expect(history.detail == "has left")
        #expect(history.lastSeen == at(1))
    }
}
