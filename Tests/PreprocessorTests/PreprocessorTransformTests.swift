import IOLoop
import Model
import Plugins
import StageRuntime
import Testing

@testable import Preprocessor

@IOThread @Suite struct PreprocessorTransformTests {
    private struct Broken: Processor {
        struct Fault: Error {}
        let name = "broken"

        func process(_ batch: inout ReadingBatch, verdicts: inout Verdicts, at now: Timestamp) throws { throw Fault() }
    }

    private func transform(_ rules: [RuleSettings]) -> PreprocessorTransform {
        PreprocessorTransform(ProcessorList(rules: rules, pipelineVersion: "1", metrics: Gauges().metrics))
    }

    @Test func `rules that are reloaded treat the next batch, with the locations that are known`() async throws {
        let transform = transform([])
        transform.use(locations: [ExactText("a"): #"{"lat":1}"#])
        let hot = batch(("a", "temperature", 200))
        #expect(try await transform.transform(hot, redelivered: false)?.count == 1)

        transform.use(rules: [.range(RangeSettings(sensor: "temperature", range: -50...150, action: .reject))])
        let rejected = try #require(try await transform.transform(hot, redelivered: false))
        #expect(rejected.count == 0 && rejected.deadLetters.count == 1)
        let cool = try #require(try await transform.transform(batch(("a", "temperature", 20)), redelivered: false))
        #expect(cool.count == 1 && cool.locations.map(\.text) == [#"{"lat":1}"#])
    }

    @Test func `a rule that is broken holds its batches back, and is told of while it fails`() async throws {
        let transform = transform([])
        // The test itself may wait for the thread: what counts is the moment of the fault.
        let start = ContinuousClock.now
        #expect(transform.trouble(at: start) == nil)
        transform.chain = ProcessorChain([Broken()], stage: "preprocessor")
        await #expect(throws: RetryLater.self) {
            _ = try await transform.transform(batch(("a", "temperature", 20)), redelivered: false)
        }
        #expect(transform.trouble(at: start)?.plugin == "broken")
        #expect(transform.trouble(at: .now + .seconds(6)) == nil)
    }
}
