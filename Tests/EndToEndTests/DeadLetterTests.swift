import Foundation
import Testing

extension EndToEnd {
    /// `sluice dlq` on a running system.
    struct DeadLetterTests {
        /// The rule that rejected them is mended: what is sent again is stored, and stored once.
        @Test func `a replay through the front door stores once, however often it is sent`() async throws {
            let settings = try OutputFile()
            try write(maximum: 100, to: settings)
            try await withStack(["--config", settings.url.path]) { stack in
                for value in 1...3 { try await stack.publish("sensors/oven/temperature", #"{"value": \#(value)00.5}"#) }
                try await stack.publish("sensors/oven/temperature", #"{"value": tru"#)
                #expect(try await stack.reaches(4, "select count(*) from dead_letters"))
                try await stack.down()
                try write(maximum: 1_000, to: settings)
                try await stack.up(["--config", settings.url.path])
                try await replayAndCheck(stack)
            }
        }

        private func replayAndCheck(_ stack: Stack) async throws {
            let event = try await stack.query("select min(event_id) from dead_letters where reason = 'out_of_range'")
            let asked = try await stack.dlq("replay", "--yes")
            #expect(asked.contains("4 dead letters") && asked.contains("replayed 4; dead again: 1 invalid_json"))
            #expect(try await stack.number("select count(*) from readings") == 3)
            // The one that failed again is open, names the first, and is the only one that is left to do.
            #expect(try await stack.dlq("ls").contains("1 of 1"))
            #expect(try await stack.dlq("replay", "--yes", "--reason", "out_of_range").contains("0 dead letters"))
            try await sendAgain(event, on: stack)
            #expect(try await stack.number("select count(*) from readings where device_id = 'oven'") == 3)
        }

        /// By hand, as a second operator would at the same moment: the identity is used up.
        private func sendAgain(_ event: String, on stack: Stack) async throws {
            let broker = try await stack.status().infrastructure.mqtt
            let payload = try await stack.dlq("show", event, "--raw")
            #expect(payload.contains("100.5"))
            try await Shell.succeed(
                URL(fileURLWithPath: "/usr/bin/mosquitto_pub"),
                [
                    "-h", broker.host, "-p", "\(broker.port)", "-q", "1", "-V", "5", "-t", "sensors/oven/temperature",
                    "-m", payload, "-D", "publish", "user-property", "sluice-replay", event,
                ])
            // Behind it on the same way.
            try await stack.publish("sensors/marker/temperature", #"{"value": 1}"#)
            #expect(try await stack.reaches(1, "select count(*) from readings where device_id = 'marker'"))
        }

        @Test func `dead letters are found, shown with their bytes, and given up`() async throws {
            try await withStack { stack in
                try await stack.publish("sensors/pump/pressure", "{\"value\": \u{1}")
                try await stack.publish("sensors/oven/temperature", #"{"value": 900}"#)
                #expect(try await stack.reaches(2, "select count(*) from dead_letters"))
                let mine = try await stack.dlq("ls", "--stage", "preprocessor", "--device", "oven", "--from", "1h")
                #expect(mine.contains("out_of_range") && !mine.contains("invalid_json"))
                #expect(try await stack.dlq("ls", "--reason", "invalid_json").contains("1 of 1"))
                let before = try await stack.query(
                    "select to_char(min(received_at) at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') from dead_letters"
                )
                #expect(try await stack.dlq("ls", "--to", before).contains("0 of 0"))
                #expect(try await stack.dlq("drop", "--to", before, "--yes").contains("0 dead letters"))
                #expect(try await stack.dlq("ls", "--from", before, "--to", "2100-01-01T00:00:00Z").contains("2 of 2"))
                let id = try await stack.query("select dead_letter_id from dead_letters where device_id = 'pump'")
                let shown = try await stack.dlq("show", id)
                #expect(shown.contains("invalid_json") && shown.contains("7b 22 76 61"))
                let refused = try await Shell.run(
                    Shell.product("sluice"), ["dlq", "drop", "--data-dir", stack.dataDirectory.path])
                #expect(refused.status == 64 && refused.errors.contains("--yes"))
                #expect(try await stack.dlq("drop", "--device", "pump", "--yes").contains("dropped 1"))
                #expect(try await stack.dlq("ls").contains("1 of 1"))
                #expect(try await stack.dlq("ls", "--all").contains("dropped"))
                #expect(try await stack.dlq("drop", "--purge", "--yes").contains("deleted 2"))
                #expect(try await stack.number("select count(*) from dead_letters") == 0)
            }
        }

        private func write(maximum: Int, to file: OutputFile) throws {
            try """
            preprocessor:
              rules:
                - type: range
                  sensor: temperature
                  max: \(maximum)

            """.write(to: file.url, atomically: false, encoding: .utf8)
        }
    }
}

extension Stack {
    fileprivate func dlq(_ arguments: String...) async throws -> String {
        try await Shell.succeed(
            Shell.product("sluice"), ["dlq"] + arguments + ["--data-dir", dataDirectory.path])
    }
}
