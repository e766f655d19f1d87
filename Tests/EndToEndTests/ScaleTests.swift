import Foundation
import Testing

extension EndToEnd {
    /// More and fewer instances of each service while readings flow: nothing lost, nothing twice, and what the
    /// detectors learnt is what one of them would have learnt.
    struct ScaleTests {
        static let services = ["mqtt-ingest", "preprocessor", "anomaly-detector", "storage-writer", "aggregator"]
        private static let rate = KillTests.rate

        @Test func `one, three, one of each service in turn`() async throws {
            try await underLoad { stack in
                for service in Self.services {
                    try await stack.scale([service: 3])
                    try await stack.expectReadingsFlow(Self.rate)
                    try await stack.scale([service: 1])
                    try await stack.expectReadingsFlow(1)
                }
            }
        }

        @Test func `one, three, one of all services at once`() async throws {
            try await underLoad { stack in
                try await stack.scale(Dictionary(uniqueKeysWithValues: Self.services.map { ($0, 3) }))
                // A look that catches one while it makes a connection says nothing.
                let areReady = try await eventually(within: 30) {
                    try await stack.status().services.count { $0.state == "ready" } == 16
                }
                let services = try await stack.status().services
                #expect(areReady, "\(services)")
                try await stack.expectReadingsFlow(2 * Self.rate)
                try await stack.scale(Dictionary(uniqueKeysWithValues: Self.services.map { ($0, 1) }))
                try await stack.expectReadingsFlow(1)
            }
        }

        @Test func `the numbers of instances outlast down and up`() async throws {
            try await withStack { stack in
                try await stack.scale(["mqtt-ingest": 2, "preprocessor": 2])
                try await stack.down()
                try await stack.up()
                let instances = try await stack.status().services.map(\.instance)
                #expect(instances.contains("mqtt-ingest-2"))
                #expect(instances.contains("preprocessor-2"))
                try await stack.down()
                // What the broker routes to the second one's session must not stay there.
                try await stack.up(["--scale", "mqtt-ingest=1"])
                let gone = try await eventually(within: 60) {
                    try await !stack.status().services.contains { $0.instance == "mqtt-ingest-2" }
                }
                #expect(gone)
                let load = try Load(on: stack, rate: 500)
                try await stack.expectReadingsFlow(500)
                let published = try await load.stop()
                try await Ledger(stack: stack).expectAllStoredOnce(published)
            }
        }

        private func underLoad(_ trouble: (Stack) async throws -> Void) async throws {
            let configuration = try OutputFile()
            // Nothing is an anomaly, so that everything is learnt and SQL can say what that must come to.
            try "anomaly_detector:\n  detectors:\n    - type: running-zscore\n      warm_up: 1000000\n".write(
                to: configuration.url, atomically: false, encoding: .utf8)
            try await withStack(["--config", configuration.url.path]) { stack in
                let load = try Load(on: stack, rate: Self.rate)
                try await stack.expectReadingsFlow(Self.rate)
                try await trouble(stack)
                try await stack.expectReadingsFlow(Self.rate)
                let published = try await load.stop()
                let ledger = Ledger(stack: stack)
                try await ledger.expectAllStoredOnce(published)
                try await ledger.expectRollupsEqualSQL()
                // Checkpoints what was learnt.
                _ = try await stack.signal("anomaly-detector", SIGTERM)
                try await expectStatisticsEqualSQL(stack)
            }
        }

        /// Count exactly, mean and standard deviation to 1e-9.
        private func expectStatisticsEqualSQL(_ stack: Stack) async throws {
            let rows = try await stack.query(
                """
                select device_id || ':' || sensor_type, count(*), avg(value), stddev_pop(value)
                from readings group by 1 order by 1
                """
            ).split(separator: "\n").map { $0.split(separator: "|").map(String.init) }
            #expect(rows.count > 20)
            for row in rows {
                let key = "stats:\(row[0])"
                let complete = try await eventually(within: 30) {
                    try await stack.redis("HGET", key, "count") == row[1]
                }
                let shown = try await stack.redis("HMGET", key, "mean", "std").split(separator: "\n").compactMap {
                    Double($0)
                }
                let learnt = try await stack.redis("HGET", key, "count")
                #expect(complete, "\(key) has learnt \(learnt) of \(row[1])")
                guard shown.count == 2, let mean = Double(row[2]), let deviation = Double(row[3])
                else { throw CommandFailure(description: "\(key): \(shown) beside \(row)") }
                #expect(abs(shown[0] - mean) <= 1e-9 * max(abs(mean), 1), "\(key): mean")
                #expect(abs(shown[1] - deviation) <= 1e-9 * max(deviation, 1), "\(key): std")
            }
        }
    }
}

extension Stack {
    func scale(_ counts: [String: Int]) async throws {
        let wanted = counts.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        try await Shell.succeed(
            Shell.product("sluice"), ["scale", "--data-dir", dataDirectory.path] + wanted)
    }
}
