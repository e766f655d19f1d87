import IOLoop
import Model
import Plugins
import StageRuntime
import Synchronization
import Testing

@testable import Preprocessor

/// A processor that fails, before one that is seen to be reached only by what the first has treated.
@IOThread @Suite final class ProcessorQuarantineTests {
    private final class Script: Processor {
        let name = "moody"
        private let state = Mutex((isBroken: true, poison: Set<UInt64>(), batches: [UInt64]()))

        func process(_ batch: inout ReadingBatch, verdicts: inout Verdicts, at now: Timestamp) throws {
            let fails = state.withLock { [sequence = batch.identity.sequence] state in
                state.batches.append(sequence)
                return state.isBroken || state.poison.contains(sequence)
            }
            if fails { throw PluginError(plugin: name, what: "is broken", isRetriable: false) }
            for row in 0..<batch.count { batch.value[row] += 1 }
        }

        func set(isBroken: Bool, poison: Set<UInt64> = []) {
            state.withLock { ($0.isBroken, $0.poison) = (isBroken, poison) }
        }

        var batches: [UInt64] { state.withLock { $0.batches } }
    }

    private final class Clock: Sendable {
        let time = Mutex(Timestamp(seconds: 1_000))
        func advance(_ duration: Duration) { time.withLock { $0 = $0.advanced(by: duration) } }
    }

    private let script = Script()
    private let clock = Clock()
    private let gauges = Gauges()
    private let transform: PreprocessorTransform

    init() {
        transform = PreprocessorTransform(
            ProcessorList(rules: [], pipelineVersion: "1", metrics: gauges.metrics),
            limits: PluginQuarantine.Limits(failures: 3, first: .seconds(60), longest: .seconds(3_600))
        ) { [clock] in clock.time.withLock { $0 } }
        transform.chain = ProcessorChain([script], stage: "preprocessor")
    }

    /// - Returns: the batch as it went on; nil when it is to come again.
    private func pass(_ sequence: UInt64) async -> ReadingBatch? {
        var numbered = batch(("a", "temperature", 20))
        numbered.identity = BatchIdentity(producer: "p", sequence: sequence)
        return try? await transform.transform(numbered, redelivered: false)
    }

    private func holdBack(_ sequences: [UInt64]) async {
        for sequence in sequences { #expect(await pass(sequence) == nil, "batch \(sequence)") }
    }

    @Test func `batches wait while a processor is in quarantine, and it is not called`() async throws {
        await holdBack([1, 2, 3, 4, 5])
        #expect(script.batches == [1, 2, 3])
        #expect(gauges.shows(#"sluice_plugin_quarantined{plugin="moody"} 1"#))
        #expect(gauges.shows(#"sluice_plugin_failures_total{plugin="moody"} 3"#))
        #expect(gauges.shows(#"sluice_errors_total{error_type="plugin_quarantined"} 1"#))
        let later = await #expect(throws: RetryLater.self) {
            _ = try await self.transform.transform(batch(("a", "temperature", 20)), redelivered: false)
        }
        #expect(later?.after == .seconds(5) && later?.reason == "moody is in quarantine")
    }

    @Test func `one batch is tried, another one than those on which it failed, and all pass when it works`()
        async throws
    {
        await holdBack([1, 2, 3])
        clock.advance(.seconds(60))
        await holdBack([1, 2, 4, 5])
        #expect(script.batches == [1, 2, 3, 4])
        #expect(transform.troubles.failing["moody"]?.term?.length == .seconds(120))

        clock.advance(.seconds(120))
        script.set(isBroken: false)
        await holdBack([1])
        for sequence in [5, 1, 2, 3, 4] as [UInt64] { #expect(await pass(sequence)?.value == [21]) }
        #expect(transform.troubles.isEmpty)
        #expect(gauges.shows(#"sluice_plugin_quarantined{plugin="moody"} 0"#))
        #expect(gauges.shows(#"sluice_events_total{event="plugin_released"} 1"#))
    }

    @Test func `when only batches come on which it failed, one of them is tried after a while`() async throws {
        await holdBack([1, 2, 3])
        script.set(isBroken: false)
        clock.advance(.seconds(61))
        await holdBack([1, 2, 3])
        clock.advance(.seconds(10))
        #expect(await pass(1)?.value == [21])
    }

    @Test func `a batch on which it fails though it works on others becomes dead letters, and stops no other`()
        async throws
    {
        script.set(isBroken: false, poison: [7])
        for sequence in [1, 3] as [UInt64] {
            await holdBack([7])
            #expect(await pass(sequence)?.value == [21])
        }
        let left = try #require(await pass(7))
        #expect(left.count == 0 && left.deadLetters.map(\.reason) == [.pluginRejected])
        #expect(
            left.deadLetters.first?.detail
                == "plugin moody: is broken; it failed on this batch 3 times, and worked on others")
        #expect(transform.troubles.isEmpty)
        #expect(gauges.shows(#"sluice_discarded_readings_total{reason="plugin_rejected",intentional="false"} 1"#))
    }

    @Test func `one that fails on all batches blames none of them`() async throws {
        for _ in 0..<10 {
            await holdBack([1, 2])
            clock.advance(.seconds(4_000))
        }
        script.set(isBroken: false)
        #expect(await pass(1)?.value == [21])
        #expect(await pass(2)?.value == [21])
    }

    @Test func `a batch is blamed for batches that passed, not for ones that were given up`() {
        var suspects = SuspectBatches()
        let (first, second) = (BatchIdentity(producer: "p", sequence: 1), BatchIdentity(producer: "p", sequence: 2))
        #expect(suspects.failed(first) == 1 && suspects.failed(second) == 1)
        suspects.forget(second)
        #expect(suspects.failed(first) == 1)
        suspects.passed(second)
        #expect(suspects.failed(first) == 2)
    }

    @Test func `a batch is not given up for an error that may pass`() {
        var watch = ProcessorWatch(PluginQuarantine.Limits())
        let (batch, other) = (BatchIdentity(producer: "p", sequence: 1), BatchIdentity(producer: "p", sequence: 2))
        let error = PluginError(plugin: "moody", what: "is busy", isRetriable: true)
        for second in 1_000..<1_010 {
            let now = Timestamp(seconds: Int64(second))
            #expect(watch.failed(batch, error, before: [], at: now).0 == .hold(.seconds(1)))
            _ = watch.passed(other, ["moody"], at: now)
        }
    }

    @Test func `a processor behind one that asked for the batch again has not worked`() {
        var watch = ProcessorWatch(PluginQuarantine.Limits())
        let error = PluginError(plugin: "moody", what: "is broken", isRetriable: false)
        let now = Timestamp(seconds: 1_000)
        for sequence in 1...3 as ClosedRange<UInt64> {
            _ = watch.failed(BatchIdentity(producer: "p", sequence: sequence), error, before: ["lookup"], at: now)
        }
        #expect(watch.postponed(by: []) == [])
        #expect(watch.troubles.failing["moody"]?.term != nil)
        #expect(watch.postponed(by: ["moody"]) == [.released("moody")])
    }

    @Test func `a batch that never comes again is forgotten`() {
        var watch = ProcessorWatch(PluginQuarantine.Limits())
        let (lost, other) = (BatchIdentity(producer: "p", sequence: 1), BatchIdentity(producer: "p", sequence: 2))
        let error = PluginError(plugin: "moody", what: "is broken", isRetriable: false)
        let start = Timestamp(seconds: 1_000)
        #expect(watch.failed(lost, error, before: [], at: start).0 == .hold(.seconds(1)))
        _ = watch.passed(other, ["moody"], at: start.advanced(by: .seconds(30)))
        #expect(!watch.isQuiet)
        _ = watch.passed(other, ["moody"], at: start.advanced(by: .seconds(61)))
        #expect(watch.isQuiet)
    }

    @Test func `other rules are tried at once`() async throws {
        await holdBack([1, 2, 3])
        transform.use(rules: [.range(RangeSettings(sensor: "temperature", range: -50...150, action: .reject))])
        #expect(await pass(1)?.value == [20])
        #expect(gauges.shows(#"sluice_plugin_quarantined{plugin="moody"} 0"#))
    }
}
