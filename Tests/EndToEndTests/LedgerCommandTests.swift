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

        private func expectNoFlicker(_ stack: Stack, looks: Int) async throws {
            for _ in 0..<looks {
                let result = try await stack.ledger("--json")
                #expect(result.status == 0, "\(result.output)\(result.errors)")
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
            let result = try await stack.ledger("--patience", "1s")
            #expect(result.status == 1 && result.output.contains("unbalanced since 20"), "\(result)")
            let line = try #require(try await stack.ledgerLine())
            #expect(line.expected - line.found == 2)
            _ = try await stack.query("update producers set readings = readings + 2")
            #expect(try await stack.ledger().status == 0)
            // Without PostgreSQL nothing is claimed.
            try await stack.signal("storage-writer", SIGSTOP)
            let mute = try await stack.ledger("--patience", "1s")
            #expect(mute.status == 1 && mute.output.contains("unknown"), "\(mute)")
            try await stack.signal("storage-writer", SIGCONT)
        }
    }
}

private struct LedgerLine: Decodable {
    var expected: Int
    var found: Int
    var waiting: Int
    var readings: Int
    var dead_letters: Int
    var presence: Int
}

private struct LedgerPage: Decodable {
    var producers: [LedgerLine]
}

extension Stack {
    fileprivate func ledger(_ words: String...) async throws -> CommandResult {
        try await Shell.run(Shell.product("sluice"), ["ledger", "--data-dir", dataDirectory.path] + words)
    }

    fileprivate func ledgerLine() async throws -> LedgerLine? {
        try JSONDecoder().decode(LedgerPage.self, from: Data(try await ledger("--json").output.utf8)).producers.first
    }
}
