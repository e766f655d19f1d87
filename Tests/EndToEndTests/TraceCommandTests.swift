import Foundation
import Testing

extension EndToEnd {
    /// `sluice trace` on a running system.
    struct TraceCommandTests {
        @Test func `a reading is followed from the spool to the rollups, and a bad message to the dead letters`()
            async throws
        {
            try await withStack { stack in
                try await stack.publish("sensors/mill/temperature", #"{"value": 19.5, "unit": "C"}"#)
                let first = try await expectStored(19.5, on: stack)
                try await stack.publish("sensors/mill/temperature", #"{"value": 20.5, "unit": "C"}"#)
                _ = try await expectStored(20.5, on: stack)
                let older = try await stack.trace("mill", "--event", first.eventID)
                #expect(older.first?.value == 19.5 && older.first?.redis == "superseded", "\(older)")
                let before = try await stack.trace("mill", "temperature", "--time", first.time)
                #expect(before.map(\.eventID) == [first.eventID])
                try await expectWaiting(stack)
                try await expectDeadLetter(stack)
                try await expectNothing(stack)
            }
        }

        private func expectStored(_ value: Double, on stack: Stack) async throws -> TraceLine {
            let isComplete = try await eventually(within: 30) {
                let line = try await stack.trace("mill", "temperature").first
                return line?.value == value && line?.row != nil && line?.redis == "latest" && line?.windows?.count == 3
                    && line?.spool == nil
            }
            let line = try #require(try await stack.trace("mill", "temperature").first)
            #expect(isComplete, "\(line)")
            #expect(line.route == ["mqtt-ingest-1", "preprocessor-1", "anomaly-detector-1", "storage-writer-1"])
            #expect(line.windows?.map(\.table) == ["rollup_1m", "rollup_1h", "rollup_1d"])
            return line
        }

        private func expectWaiting(_ stack: Stack) async throws {
            try await stack.signal("preprocessor", SIGSTOP)
            try await stack.publish("sensors/mill/temperature", #"{"value": 21.5, "unit": "C"}"#)
            let waits = try await eventually(within: 30) {
                let line = try await stack.trace("mill").first
                return line?.value == 21.5 && line?.spool?.file == "mqtt-ingest-1.sqlite" && line?.row == nil
            }
            #expect(waits)
            let text = try await stack.traceText("mill")
            #expect(text.contains("mill temperature at 20") && text.contains("waits behind 0 batches"), "\(text)")
            #expect(text.contains("not yet"))
            try await stack.signal("preprocessor", SIGCONT)
            _ = try await expectStored(21.5, on: stack)
        }

        private func expectDeadLetter(_ stack: Stack) async throws {
            try await stack.publish("sensors/press/temperature", #"{"value": tru"#)
            #expect(try await stack.reaches(1, "select count(*) from dead_letters"))
            let line = try #require(try await stack.trace("press").first)
            #expect(line.deadLetter?.reason == "invalid_json" && line.deadLetter?.stage == "mqtt-ingest", "\(line)")
            #expect(line.route?.last == "storage-writer-1" && line.row == nil)
            #expect(try await stack.trace("press", "--event", line.eventID).map(\.eventID) == [line.eventID])
        }

        private func expectNothing(_ stack: Stack) async throws {
            let result = try await stack.tracing(["nobody"])
            #expect(result.status == 1 && result.errors.contains("nothing is known of nobody"))
            let malformed = try await stack.tracing(["mill", "--event", "7"])
            #expect(malformed.status == 64 && malformed.errors.contains("--event"))
        }
    }
}

private struct TraceLine: Decodable {
    struct Spool: Decodable { var file: String }
    struct Row: Decodable { var table: String }
    struct Letter: Decodable {
        var reason: String
        var stage: String
    }
    struct Window: Decodable { var table: String }

    var eventID: String
    var time: String
    var value: Double?
    var spool: Spool?
    var route: [String]?
    var row: Row?
    var deadLetter: Letter?
    var redis: String?
    var windows: [Window]?
}

extension Stack {
    fileprivate func tracing(_ words: [String]) async throws -> CommandResult {
        try await Shell.run(Shell.product("sluice"), ["trace", "--data-dir", dataDirectory.path] + words)
    }

    fileprivate func traceText(_ words: String...) async throws -> String { try await tracing(words).output }

    /// Empty when nothing is known.
    fileprivate func trace(_ words: String...) async throws -> [TraceLine] {
        let result = try await tracing(words + ["--json"])
        return result.status == 0 ? try JSONDecoder().decode([TraceLine].self, from: Data(result.output.utf8)) : []
    }
}
