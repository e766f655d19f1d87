import Model
import Plugins
import Testing

private struct Step: Processor {
    var name: String
    var body: @Sendable (inout ReadingBatch, inout Verdicts) throws -> Void

    func process(_ batch: inout ReadingBatch, verdicts: inout Verdicts, at now: Timestamp) throws {
        try body(&batch, &verdicts)
    }
}

private struct Broken: Error, CustomStringConvertible {
    var description: String { "the table is missing" }
}

@Suite struct ProcessorChainTests {
    private let now = Timestamp(seconds: 1_700_000_000)

    @Test func `processors run in the listed order and see what the ones before left`() throws {
        let halve = Step(name: "halve") { batch, verdicts in
            for row in 0..<batch.count where row % 2 == 1 { verdicts.drop(row: row, .filtered) }
        }
        let double = Step(name: "double") { batch, _ in
            for row in 0..<batch.count { batch.value[row] *= 2 }
        }
        let chain = ProcessorChain([double, halve, halve], stage: "preprocessor")
        guard case .processed(let batch, let counts) = try chain.run(fullBatch(rows: 8), at: now) else {
            Issue.record("the chain asked for a retry")
            return
        }
        #expect(batch.value == [1, 9])
        #expect(counts.dropped == [.filtered: 6])
    }

    @Test func `a retry names its plugin and leaves the batch to the caller`() throws {
        let busy = Step(name: "lookup") { _, verdicts in
            verdicts.retryBatch(after: .seconds(2), because: "the registry is loading")
        }
        guard
            case .retry(let after, let plugin, let why) = try ProcessorChain([busy], stage: "s")
                .run(fullBatch(rows: 2), at: now)
        else {
            Issue.record("the chain processed the batch")
            return
        }
        #expect(after == .seconds(2))
        #expect(plugin == "lookup")
        #expect(why == "the registry is loading")
    }

    @Test func `an error carries the plugin's name`() {
        let broken = Step(name: "lookup") { _, _ in throw Broken() }
        let error = #expect(throws: PluginError.self) {
            try ProcessorChain([broken], stage: "s").run(fullBatch(rows: 1), at: now)
        }
        #expect(error.map(String.init(describing:)) == "plugin lookup: the table is missing")
    }

    @Test func `findings of several detectors come out in row order with the highest score`() {
        var batch = fullBatch(rows: 4)
        batch.anomalies = []
        var findings = DetectorFindings(rows: 4)
        findings.raise(row: 2, to: 0.5)
        findings.raise(row: 2, to: 0.25)
        for row: UInt32 in [3, 1] {
            findings.anomalies.append(
                Anomaly(row: row, detector: "z", score: 4, threshold: 3, expectedLow: 0, expectedHigh: 1, why: "w"))
        }
        batch.take(findings)
        #expect(batch.anomalyScore == [0, 0, 0.5, 0])
        #expect(batch.anomalies.map(\.row) == [1, 3])
        #expect(batch.alerts.map(\.id) == ["p-7-2-z", "p-7-6-z"])
        #expect(batch.alerts[0].device == "device-1" && batch.alerts[0].sensor == "temperature")
    }
}
