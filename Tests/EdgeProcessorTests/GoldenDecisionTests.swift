import EdgeProcessor
import Model
import Testing

struct GoldenDecisionTests {
    private static let bands: [ExactText: Double] = [
        "accelerometer": 0.5, "temperature": 0.4, "humidity": 0.5, "pressure": 30, "vibration": 0.02,
    ]

    @Test func `processed values, qualities and scores are SciPy's and NumPy's`() throws {
        var run = try GatewayRun()
        for (number, row) in try DecisionFixture().rows.enumerated() {
            let reading = try run.feed(row.value, of: row.sensor, at: row.timestamp).reading
            #expect(reading.raw == row.value)
            #expect(isClose(reading.processed, row.processed), "row \(number)")
            #expect(isClose(reading.quality, row.quality), "row \(number)")
            #expect(isClose(reading.anomalyScore, row.score), "row \(number)")
        }
    }

    @Test func `statistics count what was processed, and scores above 0·8`() throws {
        let fixture = try DecisionFixture()
        var run = try GatewayRun()
        for row in fixture.rows { try run.feed(row.value, of: row.sensor, at: row.timestamp) }
        #expect(run.processor.statistics.processed == UInt64(fixture.rows.count))
        #expect(run.processor.statistics.anomalies == UInt64(fixture.rows.count { $0.score > 0.8 }))
        #expect(run.processor.statistics.sent == UInt64(fixture.rows.count { $0.reasons["original"] != "" }))
    }

    @Test func `the original's rule decides as its rendering in Python`() throws {
        try check("original") { _ in .original() }
    }

    @Test func `the dead-band decides as its rendering in Python`() throws {
        try check("dead_band") { .deadBand(.absolute(Self.bands[$0] ?? 0), heartbeat: .seconds(45)) }
        try check("relative_band") { _ in .deadBand(.relative(0.05), heartbeat: .seconds(45)) }
    }

    @Test func `the swinging door closes where no line passes all readings`() throws {
        try check("swinging_door") { .swingingDoor(deviation: Self.bands[$0] ?? 0, heartbeat: .seconds(45)) }
    }

    private func check(_ column: String, _ rule: (ExactText) -> TransmissionRule) throws {
        let fixture = try DecisionFixture()
        var rules = ProcessingRules()
        for sensor in fixture.sensors {
            let sensor = ExactText(sensor)
            var own = rules.sensors[sensor] ?? rules.otherwise
            own.transmission = rule(sensor)
            rules.sensors[sensor] = own
        }
        var run = try GatewayRun(rules)
        for row in fixture.rows { try run.feed(row.value, of: row.sensor, at: row.timestamp) }
        run.flush()
        let reasons = run.reasons
        for (index, row) in fixture.rows.enumerated() {
            #expect(reasons[UInt64(index + 1)]?.rawValue ?? "" == row.reasons[column], "row \(index), \(row.sensor)")
        }
    }

    private func isClose(_ left: Double, _ right: Double) -> Bool {
        abs(left - right) <= 1e-9 * max(1, abs(left), abs(right))
    }
}
