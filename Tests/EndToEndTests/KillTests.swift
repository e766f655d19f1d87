import Foundation
import LocalServers
import TestServers
import Testing

extension EndToEnd {
    /// Services end under load, in every way they can: nothing lost, nothing twice, rollups equal to SQL.
    struct KillTests {
        static let services = [
            "mqtt-ingest", "preprocessor", "anomaly-detector", "storage-writer", "aggregator", "health-monitor",
        ]

        /// `SLUICE_KILLS=5` repeats all of it as often; once is enough for every run of the tests.
        static let rounds = Int(ProcessInfo.processInfo.environment["SLUICE_KILLS"] ?? "") ?? 1
        /// Readings a second meanwhile.
        static let rate = Int(ProcessInfo.processInfo.environment["SLUICE_KILL_RATE"] ?? "") ?? 2_000

        @Test func `kill -9 of each service under load loses nothing and stores nothing twice`() async throws {
            try await withStack { stack in
                try await underLoad(on: stack) { try await endEach(on: stack, with: SIGKILL) }
            }
        }

        @Test func `SIGTERM of each service under load loses nothing and stores nothing twice`() async throws {
            try await withStack { stack in
                try await underLoad(on: stack) { try await endEach(on: stack, with: SIGTERM) }
            }
        }

        /// The broker belongs to somebody else and stays. So the publisher never sends anything a second time, and
        /// whatever is stored twice was doubled by Sluice.
        @Test func `down and up in the middle of a load lose nothing and store nothing twice`() async throws {
            try await withPrivateMosquitto { broker in
                let options = ["--external-mqtt", "mqtt://127.0.0.1:\(broker.server.port)"]
                try await withStack(options) { stack in
                    try await underLoad(on: stack) {
                        try await stack.down()
                        try await stack.up(options)
                    }
                }
            }
        }

        /// What the broker had received and not confirmed when it went, the publisher sends again and does not number
        /// anew: as many readings at most as it may have under way.
        @Test func `down and up together with the broker, in the middle of a load, lose nothing`() async throws {
            try await withStack { stack in
                try await underLoad(on: stack, resent: 200) {
                    try await stack.down()
                    try await stack.up()
                }
            }
        }

        /// Each round has a load of its own, and the books must balance after each.
        private func underLoad(
            on stack: Stack, resent: Int = 0, _ trouble: () async throws -> Void
        ) async throws {
            let ledger = Ledger(stack: stack)
            var published = 0
            for round in 1...Self.rounds {
                let load = try Load(on: stack, rate: Self.rate, after: published)
                try await stack.expectReadingsFlow(Self.rate)
                try await trouble()
                try await stack.expectReadingsFlow(Self.rate)
                published += try await load.stop()
                try await ledger.expectAllStoredOnce(published, resent: resent * round)
                try await ledger.expectRollupsEqualSQL()
            }
        }

        private func endEach(on stack: Stack, with signal: Int32) async throws {
            for service in Self.services {
                let pid = try await stack.signal(service, signal)
                let back = try await stack.waitForSuccessor(of: pid, as: service)
                #expect(back, "\(service) did not come back")
                try await stack.expectReadingsFlow(1)
            }
        }
    }
}

extension Stack {
    /// Waits until so many readings more are stored than now.
    func expectReadingsFlow(_ count: Int, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let stored = try await number("select count(*) from readings")
        let flows = try await eventually(within: 120) {
            try await number("select count(*) from readings") >= stored + count
        }
        #expect(flows, "no readings are stored any more", sourceLocation: sourceLocation)
    }
}
