import Foundation
import Testing

extension EndToEnd {
    /// `sluice ledger` on a running system.
    struct LedgerCommandTests {
        /// Readings, dead letters of two stages, presence, and kills on both sides of the account, looked at all the time.
        @Test func `it balances at every moment, under load and kills, and shows what is taken away`() async throws {
            try await withStack { stack in
                let load = try Load(on: stack, rate: 1_000)
                var messages: [Publisher.Message] = []
                for value in 1...20 {
                    messages.append(.init("sensors/oven/temperature", #"{"value": \#(value)00}"#))
                    messages.append(.init("sensors/oven/temperature", #"{"value": tru"#))
                    messages.append(.init("devices/oven/status", "online"))
                }
                try await Publisher.publish(messages, to: stack)
                for service in ["mqtt-ingest", "storage-writer", "preprocessor"] {
                    try await expectNoFlicker(stack, looks: 4)
                    let pid = try await stack.signal(service, SIGKILL)
                    #expect(try await stack.waitForSuccessor(of: pid, as: service))
                }
                try await expectNoFlicker(stack, looks: 4)
                let published = try await load.stop()
                try await expectTotals(published + 60, dead: 39, presence: 20, on: stack)
                try await expectImbalance(stack)
            }
        }

        /// Every single look: never a difference. Right after a kill somebody may not answer, and at the end all do.
        private func expectNoFlicker(_ stack: Stack, looks: Int) async throws {
            for _ in 0..<looks {
                let page = try await stack.ledgerPage()
                #expect(page.producers.allSatisfy { $0.state != "unbalanced" }, "\(page)")
            }
            let result = try await stack.ledger("--patience", "30s")
            #expect(result.status == 0, "\(result.output)\(result.errors)")
        }

        /// 20 payloads that are no JSON, 15 readings out of range, 10 changes of presence, 50 good readings.
        @Test func `the figures of every service add up`() async throws {
            try await withStack { stack in
                var messages: [Publisher.Message] = []
                for number in 0..<50 { messages.append(.init("sensors/kiln/temperature", #"{"value": \#(number)}"#)) }
                for number in 0..<15 { messages.append(.init("sensors/kiln/temperature", #"{"value": 50\#(number)}"#)) }
                for _ in 0..<20 { messages.append(.init("sensors/kiln/temperature", #"{"value": tru"#)) }
                for _ in 0..<10 { messages.append(.init("devices/kiln/status", "online")) }
                try await Publisher.publish(messages, to: stack)
                let settled = try await eventually(within: 60) {
                    let page = try await stack.ledgerPage()
                    // Levels and the links' figures are taken once a second.
                    return page.producers.first?.expected == 95
                        && page.stages.allSatisfy { stage in
                            stage.in_flight == 0 && stage.links.allSatisfy { $0.in_flight == 0 }
                        }
                        && page.stage("storage-writer")?.links.first?.settled == 95
                        && page.stage("storage-writer")?.handed_on == 50
                }
                let page = try await stack.ledgerPage()
                #expect(settled, "\(page)")
                let ingest = try #require(page.stage("mqtt-ingest"))
                #expect(ingest.received == 95 && ingest.handed_on == 95 && ingest.links.isEmpty, "\(ingest)")
                #expect(ingest.dead.values.reduce(0, +) == 20 && ingest.dropped.isEmpty, "\(ingest)")
                let preprocessor = try #require(page.stage("preprocessor"))
                #expect(preprocessor.received == 65 && preprocessor.handed_on == 50, "\(preprocessor)")
                #expect(preprocessor.dead == ["out_of_range": 15], "\(preprocessor)")
                for (stage, upstream) in [
                    ("preprocessor", "mqtt-ingest-1"), ("anomaly-detector", "preprocessor-1"),
                    ("storage-writer", "anomaly-detector-1"),
                ] {
                    let link = try #require(page.stage(stage)?.links.first)
                    #expect(link.upstream == upstream && link.received == 95 && link.settled == 95, "\(link)")
                }
                for stage in page.stages {
                    #expect(stage.in_flight == 0 && stage.links.allSatisfy { $0.in_flight == 0 })
                }
                #expect(page.stage("storage-writer")?.handed_on == 50)
                #expect(page.silent.isEmpty && page.state == "balanced")
            }
        }

        /// 100 degrees are within the range, the other 19 values of the oven are not.
        private func expectTotals(_ items: Int, dead: Int, presence: Int, on stack: Stack) async throws {
            let settled = try await eventually(within: 60) {
                let line = try await stack.ledgerLine()
                return line?.waiting == 0 && line?.expected == items
            }
            let line = try #require(try await stack.ledgerLine())
            #expect(settled, "\(items) were published: \(line)")
            #expect(line.dead_letters == dead && line.presence == presence, "\(line)")
            #expect(line.readings == items - dead - presence)
            #expect(try await stack.number("select count(*) from readings") == line.readings)
            #expect(try await stack.number("select count(*) from dead_letters") == line.dead_letters)
            let table = try await stack.ledger().output
            #expect(table.contains("mqtt-ingest-1.sqlite") && table.contains("storage-writer-1"), "\(table)")
            #expect(table.hasSuffix("balanced\n"))
        }

        /// As if a transaction had stored two readings less than it claimed.
        private func expectImbalance(_ stack: Stack) async throws {
            _ = try await stack.query("update producers set readings = readings - 2")
            try await expectTrouble("unbalanced since 20", on: stack)
            let line = try #require(try await stack.ledgerLine())
            #expect(line.expected - line.found == 2 && line.difference == 2)
            _ = try await stack.query("update producers set readings = readings + 2")
            #expect(try await stack.ledger().status == 0)
            // Without PostgreSQL nothing is claimed.
            try await stack.signal("storage-writer", SIGSTOP)
            try await expectTrouble("unknown", on: stack)
            try await stack.signal("storage-writer", SIGCONT)
            // Nor without the spool.
            try await stack.signal("mqtt-ingest", SIGSTOP)
            try await expectTrouble("unknown; no answer from mqtt-ingest-1", on: stack)
            try await stack.signal("mqtt-ingest", SIGCONT)
            #expect(try await eventually(within: 30) { try await stack.ledger().status == 0 })
        }

        /// The monitor asks everybody once a second at most, so the first answer may be that of before.
        private func expectTrouble(_ sentence: String, on stack: Stack) async throws {
            var last: CommandResult?
            let isSeen = try await eventually(within: 30) {
                let result = try await stack.ledger("--patience", "1s")
                last = result
                return result.status == 1 && result.output.contains(sentence)
            }
            #expect(isSeen, "\(String(describing: last))")
        }
    }
}

private struct LedgerLine: Decodable {
    var state: String
    var difference: Int
    var expected: Int
    var found: Int
    var waiting: Int
    var readings: Int
    var dead_letters: Int
    var presence: Int
}

private struct LedgerPage: Decodable {
    struct Link: Decodable {
        var upstream: String
        var received: Int
        var settled: Int
        var in_flight: Int
    }

    struct Stage: Decodable {
        var service: String
        var received: Int
        var handed_on: Int
        var in_flight: Int
        var dead: [String: Int]
        var dropped: [String: Int]
        var links: [Link]
    }

    var state: String
    var silent: [String]
    var producers: [LedgerLine]
    var stages: [Stage]

    func stage(_ service: String) -> Stage? { stages.first { $0.service == service } }
}

extension Stack {
    func ledger(_ words: String...) async throws -> CommandResult {
        try await Shell.run(Shell.product("sluice"), ["ledger", "--data-dir", dataDirectory.path] + words)
    }

    fileprivate func ledgerLine() async throws -> LedgerLine? {
        try await ledgerPage().producers.first
    }

    /// As it is now: without waiting for it to balance.
    fileprivate func ledgerPage() async throws -> LedgerPage {
        let output = try await ledger("--json", "--patience", "0s").output
        return try JSONDecoder().decode(LedgerPage.self, from: Data(output.utf8))
    }
}
