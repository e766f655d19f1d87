import IOLoop
import Model
import Plugins
import Testing

@testable import Preprocessor

@IOThread @Suite struct LocationEnrichmentTests {
    @Test func `a reading without a location gets its device's, one with a location keeps it`() async throws {
        let transform = PreprocessorTransform(ProcessorList(rules: [], pipelineVersion: "1", metrics: Gauges().metrics))
        transform.use(locations: ["a": #"{"x": 1}"#, "b": #"{"x": 2}"#])
        var readings = batch(("a", "t", 1), ("b", "t", 2), ("c", "t", 3), ("a", "u", 4))
        readings.locations = [SparseText(row: 1, text: #"{"own":9}"#)]
        let result = try #require(try await transform.transform(readings, redelivered: false))
        #expect(
            result.locations == [
                SparseText(row: 0, text: #"{"x": 1}"#), SparseText(row: 1, text: #"{"own":9}"#),
                SparseText(row: 3, text: #"{"x": 1}"#),
            ])
    }

    @Test func `locations that are no longer known are no longer given`() async throws {
        let transform = PreprocessorTransform(ProcessorList(rules: [], pipelineVersion: "1", metrics: Gauges().metrics))
        transform.use(locations: ["a": "{}"])
        transform.use(locations: [:])
        let result = try #require(try await transform.transform(batch(("a", "t", 1)), redelivered: false))
        #expect(result.locations.isEmpty)
    }

    @Test func `a rejected reading does not shift the locations of the others`() async throws {
        let transform = PreprocessorTransform(
            ProcessorList(rules: RuleSettings.standard, pipelineVersion: "1", metrics: Gauges().metrics))
        transform.use(locations: ["b": #"{"x":2}"#])
        let result = try #require(
            try await transform.transform(
                batch(("a", "temperature", 999), ("b", "t", 2), ("c", "t", 3)), redelivered: false))
        #expect(result.locations == [SparseText(row: 0, text: #"{"x":2}"#)])
        #expect(result.value == [2, 3])
    }

    @Test func `the location has its place in the list of rules, and is the last of them when it is not listed`() {
        let range = RuleSettings.range(RangeSettings(sensor: "t", range: 0...1, action: .reject))
        func order(_ rules: [RuleSettings]) -> [String] {
            ProcessorList(rules: rules, pipelineVersion: "1", metrics: Gauges().metrics)
                .chain(locations: [:]).processors.map(\.name)
        }
        #expect(order([.location, range]) == ["location", "reject t outside 0.0…1.0", "provenance"])
        #expect(order([range, .location]) == ["reject t outside 0.0…1.0", "location", "provenance"])
        #expect(order([range]) == order([range, .location]))
    }
}
