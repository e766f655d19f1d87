import DetectorCatalog
import Detectors
import Model
import Plugins
import Testing

/// A chain in which one detector throws when it is told to.
@Suite struct FailingDetectorTests {
    private final class Moody: Detector {
        let name = "moody"
        var isBroken = true
        var batches = 0

        func detect(_ input: DetectorInput, into findings: inout DetectorFindings) throws {
            batches += 1
            if isBroken { throw PluginError(plugin: "its author", what: "is broken", isRetriable: false) }
            findings.raise(row: 0, to: 0.25)
        }

        func reserveSlots(_ count: Int) {}
        func reset(slot: Int) {}
        func exportState(slot: Int) -> [UInt8] { [] }
        func importState(_ state: [UInt8], slot: Int) throws {}
        func summary(slot: Int) -> SeriesSummary? { nil }
        func phase(slot: Int) -> DetectorPhase { .active }
    }

    private let moody = Moody()
    private let chain: DetectorChain
    private let input: DetectorInput
    private let error = PluginError(plugin: "moody", what: "is broken", isRetriable: false)

    init() {
        var limit = LevelThreshold.Configuration()
        limit.above = 100
        chain = DetectorChain([.init(moody), .init(LevelThreshold(name: "after", limit))])
        chain.use(PluginQuarantine.Limits(failures: 2, first: .seconds(10), longest: .seconds(3_600)))
        chain.reserveSlots(1)
        chain.assign(0, device: "d", sensor: "s")
        var batch = ReadingBatch(identity: BatchIdentity(producer: "p", sequence: 1))
        batch.series = [Series(device: "d", sensor: "s", unit: "", partition: Partition(rawValue: 0))]
        batch.appendReading(seriesIndex: 0, timestamp: 0, value: 150, receivedAt: 0, position: 0)
        input = DetectorInput(batch: batch, slots: [0], learning: [.learn], now: Timestamp(seconds: 0))
    }

    /// - Returns: what the chain said of its detectors; the others have judged in any case.
    private func detect(at second: Int64) -> [PluginEvent] {
        var events: [PluginEvent] = []
        let findings = chain.detect(input, at: Timestamp(seconds: second)) { events.append($0) }
        #expect(findings.scores == [1])
        // Whoever fails or is left alone has not judged.
        #expect(
            findings.unjudged == (events == [.released("moody")] || !moody.isBroken && events.isEmpty ? [] : ["moody"]))
        return events
    }

    @Test func `one that fails is told of by its own name, and stops no other`() {
        #expect(detect(at: 0) == [.failed(error)])
    }

    @Test func `one that goes on failing is left out, tried with one batch, and taken back when it works`() {
        #expect(detect(at: 0) == [.failed(error)])
        let first = PluginQuarantine.Term(number: 1, began: Timestamp(seconds: 1), length: .seconds(10))
        #expect(detect(at: 1) == [.failed(error), .quarantined(error, first)])
        for second in 2..<11 as Range<Int64> { #expect(detect(at: second).isEmpty) }
        #expect(moody.batches == 2)

        let second = PluginQuarantine.Term(number: 2, began: Timestamp(seconds: 11), length: .seconds(20))
        #expect(detect(at: 11) == [.failed(error), .quarantined(error, second)])
        #expect(detect(at: 30).isEmpty && moody.batches == 3)

        moody.isBroken = false
        #expect(detect(at: 31) == [.released("moody")])
        #expect(chain.troubles.isEmpty)
        #expect(detect(at: 32).isEmpty && moody.batches == 5)
    }

    @Test func `the clock is not read while all work`() {
        moody.isBroken = false
        func now() -> Timestamp {
            Issue.record("nobody has failed")
            return Timestamp(seconds: 0)
        }
        _ = chain.detect(input, at: now()) { Issue.record("\($0)") }
        #expect(moody.batches == 1)
    }
}
