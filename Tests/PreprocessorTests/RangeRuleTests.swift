import IOLoop
import Model
import Testing

@testable import Preprocessor

@IOThread @Suite struct RangeRuleTests {
    private func transform(_ rules: [RuleSettings] = RuleSettings.standard, _ gauges: Gauges = Gauges())
        -> PreprocessorTransform
    {
        PreprocessorTransform(
            ProcessorList(rules: rules, pipelineVersion: "7", metrics: gauges.metrics), now: { arrival })
    }

    @Test(arguments: [
        ("temperature", -50.0), ("temperature", 150), ("temperature", 0), ("pressure", 800), ("pressure", 1_200),
        ("humidity", 0), ("humidity", 100), ("co2", 1e9), ("Temperature", 999),
    ])
    func `a value within the range of its type stays`(sensor: String, value: Double) async throws {
        let result = try #require(try await transform().transform(batch(("d", sensor, value)), redelivered: false))
        #expect(result.value == [value])
        #expect(result.deadLetters.isEmpty)
    }

    /// The same word to a reader, written with U+00E9 and with U+0301: two names to PostgreSQL, Redis and MQTT.
    @Test func `a sensor type is the rule's when its bytes are`() async throws {
        let rule = RuleSettings.range(RangeSettings(sensor: "d\u{e9}bit", range: 0...1, action: .reject))
        let readings = batch(("a", "d\u{e9}bit", 5), ("a", "de\u{301}bit", 5))
        let result = try #require(try await transform([rule]).transform(readings, redelivered: false))
        #expect(result.position == [1])
        #expect(result.deadLetters.map(\.position) == [0])
    }

    @Test(arguments: [
        ("temperature", 150.1), ("temperature", -50.5), ("pressure", 799.9), ("pressure", 1_200.5),
        ("temperature", .greatestFiniteMagnitude),
    ])
    func `a rejected value is a dead letter that says the range`(sensor: String, value: Double) async throws {
        let gauges = Gauges()
        let readings = batch(("a", sensor, 900), ("d", sensor, value), ("e", "co2", 1))
        let original = sensor == "pressure" ? readings : batch(("a", sensor, 20), ("d", sensor, value), ("e", "co2", 1))
        let result = try #require(try await transform(gauges: gauges).transform(original, redelivered: false))
        #expect(result.position == [0, 2])
        let letter = try #require(result.deadLetters.first)
        #expect(result.deadLetters.count == 1)
        #expect(letter.reason == .outOfRange)
        #expect(letter.stage == "preprocessor")
        #expect(letter.topic == "sensors/d/\(sensor)")
        #expect(letter.position == 1)
        #expect(letter.detail.hasPrefix("\(sensor) \(value) u is outside "))
        #expect(gauges.shows(#"sluice_discarded_readings_total{reason="out_of_range",intentional="false"} 1"#))
    }

    @Test(arguments: [(100.5, 100.0), (-3, 0), (1e300, 100)])
    func `a clamped value becomes the nearest end and is counted`(value: Double, expected: Double) async throws {
        let gauges = Gauges()
        let result = try #require(
            try await transform(gauges: gauges).transform(batch(("d", "humidity", value)), redelivered: false))
        #expect(result.value == [expected])
        #expect(result.deadLetters.isEmpty)
        #expect(gauges.shows(#"sluice_clamped_readings_total{rule="humidity"} 1"#))
    }

    @Test func `rules run in the order in which they are listed`() async throws {
        let clampFirst = [
            RuleSettings.range(RangeSettings(sensor: "*", range: 0...10, action: .clamp)),
            RuleSettings.range(RangeSettings(sensor: "x", range: 5...7, action: .reject)),
        ]
        let readings = batch(("d", "x", 6), ("d", "x", 50), ("d", "y", 50))
        let clamped = try #require(try await transform(clampFirst).transform(readings, redelivered: false))
        #expect(clamped.value == [6, 10])
        #expect(clamped.deadLetters.map(\.detail) == ["x 10.0 u is outside 5.0…7.0"])
        let rejected = try #require(
            try await transform(clampFirst.reversed()).transform(readings, redelivered: false))
        #expect(rejected.value == [6, 10])
        #expect(rejected.deadLetters.map(\.detail) == ["x 50.0 u is outside 5.0…7.0"])
    }

    @Test func `every reading goes out with the time of processing and the version`() async throws {
        let result = try #require(try await transform().transform(batch(("d", "x", 1)), redelivered: true))
        #expect(result.processedAt == arrival)
        #expect(result.pipelineVersion == "7")
    }

    @Test func `dead letters and presence from before pass through`() async throws {
        var readings = batch(("d", "temperature", 200))
        readings.presence = [
            PresenceChange(
                position: 5, partition: Partition(rawValue: 1), device: "d", status: "online", at: arrival,
                attributes: nil)
        ]
        let first = try #require(try await transform().transform(readings, redelivered: false))
        let again = try #require(try await transform().transform(first, redelivered: false))
        #expect(again.presence == readings.presence)
        #expect(again.deadLetters == first.deadLetters)
        #expect(again.deadLetters.count == 1)
    }
}

extension RangeRuleTests {
    private func transform(gauges: Gauges) -> PreprocessorTransform {
        transform(RuleSettings.standard, gauges)
    }
}
