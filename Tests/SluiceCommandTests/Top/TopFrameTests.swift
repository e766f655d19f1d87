import Foundation
import HTTPEndpoints
import Model
import Observability
import Settings
import TestServers
import Testing

@testable import SluiceCommand

/// Frames, without anybody who answers.
struct TopFrameTests {
    private let start = Timestamp(seconds: 1_790_000_000)

    private func member(_ service: String, _ number: Int) -> FleetMember {
        FleetMember(service: service, instance: "\(service)-\(number)", address: HTTPAddress(url: "http://127.0.0.1:1"))
    }

    private func ingest(received: Int, sent: Int) -> InstanceLook {
        let text = """
            sluice_received_readings_total \(received)
            sluice_sent_readings_total \(sent)
            sluice_spool_readings \(received - sent)
            sluice_inflight_readings 40
            sluice_stage_latency_seconds_bucket{le="0.001"} \(received / 2)
            sluice_stage_latency_seconds_bucket{le="0.01"} \(received)
            sluice_stage_latency_seconds_bucket{le="+Inf"} \(received)
            """
        return InstanceLook(
            member: member("mqtt-ingest", 1), answer: .samples(MetricSamples(prometheusText: text)), at: start)
    }

    private func preprocessor(_ number: Int, received: Int, dropped: Int = 0) -> InstanceLook {
        let text = """
            sluice_received_readings_total \(received)
            sluice_sent_readings_total \(received)
            sluice_redelivered_readings_total 3
            sluice_discarded_readings_total{reason="rule",intentional="true"} \(dropped)
            sluice_discarded_readings_total{reason="invalid_json",intentional="false"} 0
            sluice_utilization 0.25
            sluice_link_received_readings_total{upstream="mqtt-ingest-1"} \(received)
            sluice_link_inflight_readings{upstream="mqtt-ingest-1"} 20
            sluice_link_redelivered_readings_total{upstream="mqtt-ingest-1"} 3
            sluice_link_oldest_seconds{upstream="mqtt-ingest-1"} 0.25
            """
        return InstanceLook(
            member: member("preprocessor", number), answer: .samples(MetricSamples(prometheusText: text)), at: start)
    }

    private func silent(_ service: String) -> InstanceLook {
        InstanceLook(member: member(service, 1), answer: .none("Connection refused (connect, errno 111)"), at: start)
    }

    private func frame() -> TopFrame {
        var history = TopHistory()
        _ = history.frame(
            atOnce: [
                ingest(received: 1_000, sent: 900), preprocessor(1, received: 500), preprocessor(2, received: 400),
                silent("storage-writer"),
            ], at: start)
        return history.frame(
            atOnce: [
                ingest(received: 3_000, sent: 2_900), preprocessor(1, received: 1_500, dropped: 7),
                preprocessor(2, received: 1_400), silent("storage-writer"),
            ], at: start.advanced(by: .seconds(2)))
    }

    @Test func `a frame for people`() {
        let lines = frame().lines(.colorless)
        #expect(
            lines == [
                "2026-09-21T14:13:22Z  1 of 4 do not answer",
                "",
                "INSTANCE          IN/S  OUT/S  IN FLIGHT  DEPTH  REDELIVERED  DEAD  DROPPED  BUSY      P99",
                "mqtt-ingest-1     1000   1000         40    100            -     -        -     -  9.82 ms",
                "preprocessor (2)  1000   1000          -     40            6     0        7   25%        -",
                "  preprocessor-1   500    500          -     20            3     0        7   25%        -",
                "  preprocessor-2   500    500          -     20            3     0        0   25%        -",
                "storage-writer-1     -      -          -      -            -     -        -     -        -"
                    + "  no answer: Connection refused (connect, errno 111)",
                "",
                "LINK                            READINGS/S  IN FLIGHT  REDELIVERED     LAG",
                "mqtt-ingest-1 → preprocessor-1         500         20            3  250 ms",
                "mqtt-ingest-1 → preprocessor-2         500         20            3  250 ms",
            ], "\n\(lines.joined(separator: "\n"))")
    }

    @Test func `what is dropped and who is silent is red`() {
        let lines = frame().lines(Palette(hasColors: true))
        #expect(lines.contains { $0.contains("\u{1B}[31m7\u{1B}[0m") && $0.contains("preprocessor-1") })
        #expect(lines.contains { $0.hasPrefix("\u{1B}[31mstorage-writer-1\u{1B}[0m") })
    }

    @Test func `a first look knows no rates, and a process that began anew has counted from zero`() throws {
        var history = TopHistory()
        let first = history.frame(atOnce: [ingest(received: 5_000, sent: 5_000)], at: start)
        #expect(try #require(first.services[0].instances[0].figures).inPerSecond == nil)
        let second = history.frame(atOnce: [ingest(received: 300, sent: 100)], at: start.advanced(by: .seconds(1)))
        let figures = try #require(second.services[0].instances[0].figures)
        #expect(figures.inPerSecond == 300 && figures.outPerSecond == 100)
        #expect(figures.latencies?.total == 300)
    }

    @Test func `rates go on over the silence of an instance`() throws {
        var history = TopHistory()
        _ = history.frame(atOnce: [ingest(received: 1_000, sent: 0)], at: start)
        let between = history.frame(atOnce: [silent("mqtt-ingest")], at: start.advanced(by: .seconds(1)))
        #expect(between.services[0].instances[0].figures == nil)
        let after = history.frame(atOnce: [ingest(received: 3_000, sent: 0)], at: start.advanced(by: .seconds(2)))
        #expect(after.services[0].instances[0].figures?.inPerSecond == 1_000)
    }

    @Test func `who keeps the others waiting does not change their rates`() throws {
        var history = TopHistory()
        var look = ingest(received: 1_000, sent: 0)
        // Another did not answer: the frame is a second later than this answer.
        _ = history.frame([look], at: start.advanced(by: .seconds(1)))
        look = ingest(received: 2_000, sent: 0)
        look.at = start.advanced(by: .seconds(1))
        let frame = history.frame([look], at: start.advanced(by: .milliseconds(1_010)))
        #expect(frame.services[0].instances[0].figures?.inPerSecond == 1_000)
    }

    @Test func `what up supervises comes in the order of the flow, then who else is there`() throws {
        let entries = [
            RegistryEntry(name: "edge-processor", instance: "edge-1", pid: 1, url: "http://10.0.0.1:9107"),
            RegistryEntry(name: "aggregator", instance: "aggregator-9", pid: 1, url: nil),
        ]
        let members = FleetSource.members(supervised: nil, recorded: entries)
        #expect(members.map(\.instance) == ["edge-1", "aggregator-9"])
        #expect(members[0].address?.host == "10.0.0.1" && members[1].address == nil)
    }

    @Test func `an instance is believed where nobody else may write what it says`() throws {
        let directory = DataDirectory(path: try TestDirectory.make())
        try directory.create()
        let record = "\(directory.registry)/edge-1.json"
        try #"{"name": "edge-processor", "instance": "edge-1", "pid": \#(getpid())}"#
            .write(toFile: record, atomically: true, encoding: .utf8)
        try #require(chmod(record, 0o644) == 0)
        #expect(try FleetSource.directory(directory).members().map(\.instance) == ["edge-1"])
        try #require(chmod(record, 0o646) == 0)
        #expect(throws: NothingRuns.self) { try FleetSource.directory(directory).members() }
        try #require(chmod(record, 0o644) == 0 && chmod(directory.registry, 0o777) == 0)
        #expect(throws: FileTrust.Breach.self) { try FleetSource.directory(directory).members() }
    }
}

extension TopHistory {
    /// As if all had answered in the same moment.
    fileprivate mutating func frame(atOnce looks: [InstanceLook], at now: Timestamp) -> TopFrame {
        let answered = looks.map { look in
            var look = look
            look.at = now
            return look
        }
        return frame(answered, at: now)
    }
}

struct TerminalScreenTests {
    @Test func `a frame is drawn over the last one, and nothing of that is left`() {
        let drawn = TerminalScreen.drawing(["one", "two"], in: .init(columns: 10, rows: 5))
        #expect(drawn == "\u{1B}[Hone\u{1B}[K\r\ntwo\u{1B}[K\u{1B}[J")
    }

    @Test func `what does not fit is cut, and told`() {
        let drawn = TerminalScreen.drawing(["one", "two", "three"], in: .init(columns: 20, rows: 2))
        #expect(drawn == "\u{1B}[Hone\u{1B}[K\r\n… 2 more lines\u{1B}[K\u{1B}[J")
    }

    @Test func `a cut line keeps its colours in order`() {
        #expect(TerminalScreen.cut("\u{1B}[31mtemperature\u{1B}[0m", to: 4) == "\u{1B}[31mtemp\u{1B}[0m")
        #expect(TerminalScreen.cut("温度計", to: 4) == "温度")
    }
}
