import Foundation
import Testing

extension EndToEnd {
    /// Every service on the path is killed under load: nothing lost, nothing twice, rollups equal to SQL.
    struct KillTests {
        static let services = ["mqtt-ingest", "preprocessor", "anomaly-detector", "storage-writer", "aggregator"]

        /// `SLUICE_KILLS=5` repeats each kill as often; once is enough for every run of the tests.
        static let rounds = Int(ProcessInfo.processInfo.environment["SLUICE_KILLS"] ?? "") ?? 1
        static let rate = Int(ProcessInfo.processInfo.environment["SLUICE_KILL_RATE"] ?? "") ?? 2_000

        @Test func `kill -9 of each service under load loses nothing and stores nothing twice`() async throws {
            try await withStack { stack in
                try await endEach(on: stack, with: SIGKILL)
            }
        }

        @Test func `SIGTERM of each service under load loses nothing and stores nothing twice`() async throws {
            try await withStack { stack in
                try await endEach(on: stack, with: SIGTERM)
            }
        }

        @Test func `down and up under a publisher's eyes continues with the same data`() async throws {
            try await withStack { stack in
                try await Load(on: stack, count: 5_000, rate: Self.rate).finish()
                try await stack.down()
                try await stack.up()
                try await Load(on: stack, count: 5_000, rate: Self.rate, options: ["--first-number", "5001"]).finish()
                let ledger = Ledger(stack: stack)
                try await ledger.expectAllStoredOnce(10_000)
                try await ledger.expectRollupsEqualSQL()
            }
        }

        private func endEach(on stack: Stack, with signal: Int32) async throws {
            let seconds = Self.services.count * Self.rounds * 5
            let load = try Load(on: stack, count: Self.rate * seconds, rate: Self.rate)
            for _ in 0..<Self.rounds {
                for service in Self.services {
                    let pid = try await stack.signal(service, signal)
                    let back = try await stack.waitForSuccessor(of: pid, as: service)
                    #expect(back, "\(service) did not come back")
                }
            }
            try await load.finish(within: Double(seconds) * 3 + 60)
            let ledger = Ledger(stack: stack)
            try await ledger.expectAllStoredOnce(load.count)
            try await ledger.expectRollupsEqualSQL()
        }
    }
}
