import EdgeProcessor
import Model
import Testing

struct DeviceProcessorTests {
    @Test func `the first reading of each sensor type is sent, rated 1 and scored 0`() throws {
        var run = try GatewayRun()
        for sensor in ["temperature", "pressure"] {
            let reading = try run.feed(20, of: sensor, second: 0).reading
            #expect(reading.decision == .send(.first))
            #expect((reading.device, reading.sensor) == ("press-7", sensor))
            #expect((reading.quality, reading.anomalyScore, reading.processed) == (1, 0, 20))
        }
    }

    @Test func `every tenth reading is counted within its sensor type`() throws {
        var run = try GatewayRun()
        for second in 0..<20 {
            try run.feed(20, of: "temperature", second: Int64(second))
            if second.isMultiple(of: 2) { try run.feed(60, of: "humidity", second: Int64(second)) }
        }
        #expect(run.sent.count { $0.sensor == "temperature" && $0.reason == .everyNth } == 2)
        #expect(run.sent.count { $0.sensor == "humidity" && $0.reason == .everyNth } == 1)
    }

    @Test func `a slow drift is measured from the last sent reading`() throws {
        var run = try GatewayRun(.original(relativeChange: 0.1, every: 1_000))
        for second in 0..<30 { try run.feed(100 + Double(second), second: Int64(second)) }
        #expect(run.sent.map(\.raw) == [100, 111, 123])
    }

    @Test func `filters begin with the tenth reading, and the low-pass with its thirteenth`() throws {
        var run = try GatewayRun()
        for (sensor, first) in [("temperature", 10), ("pressure", 10), ("gyroscope", 13)] {
            for row in 1...14 {
                let reading = try run.feed(Double(row * row), of: sensor, second: Int64(row)).reading
                #expect((reading.processed != reading.raw) == (row >= first), "\(sensor), reading \(row)")
            }
        }
    }

    @Test func `the processed value can be the one that is compared`() throws {
        var rules = ProcessingRules()
        rules.otherwise = SensorRules(
            smoothing: .medianOfLast3, transmission: .deadBand(.absolute(1), heartbeat: nil), compared: .processed)
        var run = try GatewayRun(rules)
        for second in 0..<30 { try run.feed(second == 20 ? 99 : 5, second: Int64(second)) }
        #expect(run.sent.count == 1, "the median lets no single spike pass")
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity, .signalingNaN])
    func `a value that is no finite number is refused and leaves no trace`(value: Double) throws {
        var run = try GatewayRun()
        var undisturbed = run
        for second in 0..<40 {
            #expect(throws: ReadingRejection.self) { try run.feed(value, second: Int64(second)) }
            let (got, expected) = (
                try run.feed(Double(second % 7), second: Int64(second)),
                try undisturbed.feed(Double(second % 7), second: Int64(second))
            )
            #expect(got == expected)
        }
        #expect(run.processor.statistics.rejected == 40)
        #expect(run.processor.statistics.processed == 40)
    }

    @Test func `a rejection says why, and by which name it is counted`() throws {
        var run = try GatewayRun()
        let nan = #expect(throws: ReadingRejection.self) { try run.feed(.nan, second: 0) }
        #expect(nan?.description == "value nan is not a finite number")
        #expect(nan?.discardReason == .valueNotANumber)
        let infinite = #expect(throws: ReadingRejection.self) { try run.feed(-.infinity, second: 0) }
        #expect(infinite?.discardReason == .numberOutOfRange)
        #expect(throws: ReadingRejection.emptySensor) { try run.feed(1, of: "", second: 0) }
    }

    @Test func `after a constant stretch the floor decides what is a small change`() throws {
        var run = try GatewayRun()
        for second in 0..<19 { try run.feed(7.25, second: Int64(second)) }
        #expect(try run.feed(7.25, second: 19).reading.anomalyScore == 0)
        #expect(try run.feed(7.2503, second: 20).reading.anomalyScore < 0.11)
        #expect(try run.feed(7.5, second: 21).reading.anomalyScore == 1)
    }

    @Test func `scores of finite values are numbers`() throws {
        var run = try GatewayRun()
        for second in 0..<200 {
            let value = [Double.greatestFiniteMagnitude, .leastNonzeroMagnitude, -Double.greatestFiniteMagnitude][
                second % 3]
            let reading = try run.feed(value, of: ["gyroscope", "humidity"][second % 2], second: Int64(second)).reading
            #expect(reading.processed.isFinite)
            #expect((0.1...1).contains(reading.quality))
            #expect((0...1).contains(reading.anomalyScore))
        }
    }

    @Test func `a dead-band's heart beats on after the clock was put back`() throws {
        var run = try GatewayRun(.deadBand(.absolute(1), heartbeat: .seconds(10)))
        for second in [Int64(1_000), 1_009, 1_010, 5, 14, 15] { try run.feed(3, second: second) }
        #expect(run.reasons == [1: .first, 3: .heartbeat, 4: .timeWentBack, 6: .heartbeat])
    }
}
