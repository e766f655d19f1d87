import AlertRecords
import Alerting
import Foundation
import IOLoop
import Model
import PostgreSQL
import Processes
import Schema
import TestServers
import Testing

/// `sluice alerts` on a database with three alerts; the test plays the detector that owns them.
@IOThread
struct AlertsCommandTests {
    private struct Desk {
        let url: String
        let connection: PostgreSQLConnection

        @IOThread
        func say(_ arguments: String...) async throws -> (Processes.ExitStatus, String) {
            try await Command(Stage.sluice, ["alerts"] + arguments + ["--postgres", url]).run()
        }
    }

    private func withAlerts(_ body: @IOThread (Desk) async throws -> Void) async throws {
        try await withPostgreSQL { url in
            let connection = try await PostgreSQLConnection.connect(
                PostgreSQLConfiguration(url: url, applicationName: "test"))
            defer { connection.close() }
            try await Migrations.apply(on: connection)
            let table = AlertTable(connection: connection)
            _ = try await table.store([step(1, of: "p-1-7-tailsum", device: "boiler-1")])
            _ = try await table.store([step(1, of: "p-1-9-tailsum", device: "pump-1", to: .pending, .breached)])
            _ = try await table.store([
                step(1, of: "p-2-0-tailsum", device: "boiler-2"),
                step(2, of: "p-2-0-tailsum", device: "boiler-2", from: .firing, to: .resolved, .cleared),
            ])
            try await body(Desk(url: url, connection: connection))
        }
    }

    private func step(
        _ ordinal: UInt32, of id: String, device: String, from: AlertState? = nil, to: AlertState = .firing,
        _ cause: AlertCause = .fired
    ) -> AlertTransition {
        let at = Timestamp.now()
        let anomaly = Anomaly(
            row: 0, detector: "tailsum", score: 5, threshold: 3, expectedLow: 1, expectedHigh: 2, why: "too hot")
        return AlertTransition(
            alertID: id, ordinal: ordinal,
            fingerprint: AlertFingerprint(
                series: SensorName(device: device, sensor: "temperature"), detector: "tailsum"),
            from: from, to: to, at: at, cause: cause, why: "step \(ordinal)", severity: .warning, telling: .told,
            anomaly: anomaly, subject: AlertSubject(time: at, value: 99, unit: "C", anomaly: anomaly))
    }

    @Test func `what is not over is listed, and what is asked for`() async throws {
        try await withAlerts { desk in
            let (status, open) = try await desk.say("ls")
            #expect(status.isSuccess && open.hasPrefix("ID") && open.hasSuffix("2 of 2\n"), "\(open)")
            #expect(open.contains("boiler-1/temperature") && open.contains("too hot") && !open.contains("boiler-2"))
            #expect(try await desk.say("ls", "--all", "--limit", "1").1.hasSuffix("1 of 3\n"))
            #expect(try await desk.say("ls", "--device", "boiler-*", "--all").1.hasSuffix("2 of 2\n"))
            #expect(try await desk.say("ls", "--state", "firing", "resolved").1.hasSuffix("2 of 2\n"))
            #expect(try await desk.say("ls", "--severity", "critical").1.hasSuffix("0 of 0\n"))
            #expect(
                try await desk.say("ls", "--sensor", "temp*", "--detector", "tailsum", "--since", "1h").1.hasSuffix(
                    "2 of 2\n"))
            let (_, json) = try await desk.say("ls", "--json", "--state", "firing")
            let list = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [[String: Any]])
            #expect(list.map { $0["id"] as? String } == ["p-1-7-tailsum"])
        }
    }

    @Test func `an alert is shown with every step, by a beginning of its id`() async throws {
        try await withAlerts { desk in
            let (status, text) = try await desk.say("show", "p-2")
            #expect(status.isSuccess && text.contains("firing → resolved") && text.contains("cleared"), "\(text)")
            let (_, json) = try await desk.say("show", "p-2", "--json")
            let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
            #expect((object["transitions"] as? [Any])?.count == 2)
            let (ambiguous, why) = try await desk.say("show", "p-1")
            #expect(ambiguous == .exited(1) && why.contains("several alerts begin with 'p-1'"), "\(why)")
            let (unknown, sentence) = try await desk.say("show", "q")
            #expect(unknown == .exited(1) && sentence.contains("there is no alert 'q'"), "\(sentence)")
        }
    }

    @Test func `an acknowledgement waits for the detector, and says what came of it`() async throws {
        try await withAlerts { desk in
            let table = AcknowledgementTable(connection: desk.connection)
            for (answer, code) in [(AlertBook.Acknowledgement.notFiring(.resolved), Int32(1)), (.acknowledged, 0)] {
                async let asked = desk.say("ack", "p-1-7", "--by", "ann", "--note", "mine", "--wait", "60s")
                let deadline = ContinuousClock.now + .seconds(60)
                while try await table.open().isEmpty {
                    try #require(ContinuousClock.now < deadline, "nobody asked within 60 s")
                    await EventLoop.sleep(for: .milliseconds(20))
                }
                #expect(try await table.open().map(\.actor) == ["ann"])
                try await table.take("p-1-7-tailsum", outcome: answer.outcome)
                let (status, text) = try await asked
                #expect(status == .exited(code))
                #expect(
                    text.contains(code == 0 ? "p-1-7-tailsum is acknowledged by ann" : "not firing: resolved"),
                    "\(text)")
            }
        }
    }

    @Test func `what does not fire cannot be acknowledged, and nobody waits for ever`() async throws {
        try await withAlerts { desk in
            let (pending, why) = try await desk.say("ack", "p-1-9")
            #expect(pending == .exited(1) && why.contains("does not fire yet"), "\(why)")
            let (untaken, text) = try await desk.say("ack", "p-1-7", "--wait", "200ms")
            #expect(untaken == .exited(1) && text.contains("no detector has taken it yet"), "\(text)")
        }
    }

    @Test func `a silence is made, listed and ended`() async throws {
        try await withAlerts { desk in
            let (status, printed) = try await desk.say(
                "silence", "device~boiler-*", "severity!=critical", "--for", "2h", "--reason", "paint", "--owner", "ann"
            )
            #expect(status.isSuccess, "\(printed)")
            let id = String(printed.dropLast())
            let (_, list) = try await desk.say("silences")
            #expect(list.contains(id) && list.contains("active") && list.contains("paint"), "\(list)")
            #expect(try await desk.say("ls", "--silences").1 == list)
            let silences = try await SilenceTable(connection: desk.connection).current(at: .now())
            #expect(silences.map { $0.matchers.map(\.description) } == [["device~boiler-*", "severity!=critical"]])
            #expect(try await desk.say("unsilence", id).0.isSuccess)
            #expect(try await desk.say("silences").1.hasSuffix("\n0\n"))
            let (again, why) = try await desk.say("unsilence", id)
            #expect(again == .exited(1) && why.contains("is over"), "\(why)")
            #expect(try await desk.say("unsilence", "none").1.contains("there is no silence 'none'"))
        }
    }

    @Test(arguments: [
        ["ls", "--state", "burning"], ["ls", "--severity", "bad"], ["ls", "--limit", "0"],
        ["silence", "colour=red", "--for", "1h", "--reason", "x"], ["silence", "--for", "1h", "--reason", "x"],
        ["silence", "device=a", "--for", "0s", "--reason", "x"],
        ["silence", "device=a", "--for", "1h", "--reason", " "],
        ["silence", "device=a", "--for", "99999999999999999999d", "--reason", "x"],
        ["silence", "device=a", "--reason", "x"],
    ])
    func `what cannot be meant is exit status 64`(arguments: [String]) async throws {
        let command = Command(Stage.sluice, ["alerts"] + arguments + ["--postgres", "postgres://nobody"])
        #expect(try await command.run().status == .exited(64))
    }
}
