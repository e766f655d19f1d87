import AlertRecords
import Alerting
import IOLoop
import LocalServers
import Model
import TestServers
import Testing

extension EndToEnd {
    /// What people ask of the detector that runs, and what two of them do that cannot hear of each other.
    @IOThread
    struct AlertRequestTests {
        private static let detectors = """
            - type: threshold
              above: 50
            """

        @Test func `an acknowledgement is taken by the detector that has the alert, and recorded`() async throws {
            try await withDetector(Self.detectors) { rig in
                let alert = try await rig.breach("boiler", second: 0)
                try await rig.acknowledge(alert.id)
                let table = AcknowledgementTable(connection: rig.database)
                #expect(try await table.open().isEmpty)
                let acknowledged = try await rig.transitions(of: alert.id).first { $0.to == .acknowledged }
                #expect(acknowledged?.actor == "ada" && acknowledged?.why == "on my way")
                // The killed detector's successor knows, and its end is told.
                try await rig.killAndRestart()
                try await rig.send([rig.reading("boiler", second: 400, 20)])
                try await rig.until("it is over") { try await rig.firing().isEmpty }
                try await rig.until("its end is told") { try rig.listener.messages.count == 2 }
                #expect(try rig.listener.messages.map(\.cause) == ["fired", "cleared"])
                #expect(try await rig.alerts().first?.acknowledgedBy == "ada")
            }
        }

        @Test func `a silence keeps the message back, says so in the record, and ends with a message`() async throws {
            try await withDetector(Self.detectors) { rig in
                let silences = SilenceTable(connection: rig.database)
                let now = Timestamp.now()
                let silence = try Silence(
                    id: "maintenance-7", matchers: [AlertMatcher("device=boiler")], owner: "ada", reason: "new valve",
                    starts: now, expires: now.advanced(by: .seconds(3_600)))
                try await silences.add(silence)
                // Whoever has taken what was asked for later knows of the silence as well.
                let other = try await rig.breach("pump", second: 0)
                try await rig.acknowledge(other.id)
                let alert = try await rig.breach("boiler", second: 0)
                try await rig.allAcknowledged()
                let first = try #require(try await rig.transitions(of: alert.id).first)
                #expect(first.telling == "suppressed" && first.suppressedBy == "silence maintenance-7")
                #expect(alert.suppressedBy == "silence maintenance-7")
                #expect(try rig.listener.messages.map(\.device) == ["pump"])
                try await silences.end("maintenance-7", by: "ada", at: .now())
                try await rig.until("people hear of it") { try rig.listener.messages.count == 2 }
                let message = try rig.listener.messages.last
                #expect(message?.id == alert.id && message?.cause == "unmuted")
            }
        }

        @Test func `two detectors without Redis that see the same leave one alert open`() async throws {
            try await withPrivateMosquitto { broker in
                try await withPrivateRedis { redis in try await raiseTwice(broker.server.port, redis) }
            }
        }

        private func raiseTwice(_ broker: UInt16, _ redis: RunningServer) async throws {
            let url = try await TestServers.shared.postgreSQLURL()
            func rig(_ number: Int) async throws -> DetectorRig {
                try await DetectorRig(
                    broker: broker, redis: "redis://127.0.0.1:\(redis.server.port)", url: url,
                    detectors: Self.detectors, number: number)
            }
            let (left, right) = (try await rig(1), try await rig(2))
            try await left.run { left in
                try await right.run { right in
                    // Nobody can ask for leases any more.
                    await redis.stop()
                    for device in (0..<20).map({ "boiler-\($0)" }) {
                        async let first: Void = left.send([left.reading(device, second: 0, 90)])
                        async let second: Void = right.send([right.reading(device, second: 0, 90)])
                        _ = try await (first, second)
                    }
                    try await left.allAcknowledged()
                    try await right.allAcknowledged()
                    try await left.until("all are recorded") { try await left.firing().count >= 20 }
                    let open = try await left.firing()
                    #expect(Set(open.map(\.device)).count == 20 && open.count == 20)
                    try await left.until("all are told") { try left.listener.messages.count >= 20 }
                    #expect(Set(try left.listener.messages.map(\.id)) == Set(open.map(\.id)))
                }
            }
        }
    }
}

extension DetectorRig {
    func reading(_ device: String, second: Int, _ value: Double) -> SyntheticReading {
        SyntheticReading(device: device, time: AlertScenario.start.advanced(by: .seconds(second)), value: value)
    }

    /// Returns when the alert is recorded.
    func breach(_ device: String, second: Int) async throws -> AlertRecord {
        try await send([reading(device, second: second, 90)])
        try await until("\(device) fires") { try await firing().contains { $0.device == device } }
        return try #require(try await firing().first { $0.device == device })
    }

    /// Returns when it is recorded that somebody has it in hand.
    func acknowledge(_ id: String) async throws {
        try await AcknowledgementTable(connection: database).ask(id, by: "ada", note: "on my way")
        try await until("\(id) is acknowledged") {
            guard try await AcknowledgementTable(connection: database).open().isEmpty else { return false }
            return try await alerts().contains { $0.id == id && $0.state == .acknowledged }
        }
    }
}
