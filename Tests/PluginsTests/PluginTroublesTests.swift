import Model
import Plugins
import Testing

@Suite final class PluginTroublesTests {
    private let start = Timestamp(seconds: 1_700_000_000)
    private let error = PluginError(plugin: "lookup", what: "the table is missing", isRetriable: false)
    private var troubles = PluginTroubles(
        limits: PluginQuarantine.Limits(failures: 3, first: .seconds(60), longest: .seconds(200)))

    private func after(_ seconds: Int64) -> Timestamp { start.advanced(by: .seconds(seconds)) }

    /// - Returns: the length of the quarantine that begins.
    private func fail(_ seconds: Int64) -> Duration? {
        guard case .quarantined(let failure, let term) = troubles.failed(error, at: after(seconds)) else { return nil }
        #expect(failure == error && term.began == after(seconds))
        return term.length
    }

    @Test func `three batches in a row bring it into quarantine, and one on which it works begins anew`() {
        #expect(fail(0) == nil && fail(1) == nil)
        #expect(troubles.remaining("lookup", at: after(1)) == nil)
        #expect(troubles.worked("lookup") == nil && troubles.isEmpty)
        #expect(fail(2) == nil && fail(3) == nil)
        #expect(fail(4) == .seconds(60))
        #expect(troubles.failing["lookup"]?.failures == 3)
        #expect(troubles.failing["lookup"]?.since == after(2))
        #expect(troubles.remaining("lookup", at: after(14)) == .seconds(50))
    }

    @Test func `limits that are shorter end a quarantine that runs earlier, and longer ones do not stretch it`() {
        _ = (fail(0), fail(0), fail(0))
        troubles.use(PluginQuarantine.Limits(failures: 3, first: .seconds(600), longest: .seconds(3_600)))
        #expect(troubles.remaining("lookup", at: after(10)) == .seconds(50))
        troubles.use(PluginQuarantine.Limits(failures: 3, first: .seconds(20), longest: .seconds(3_600)))
        #expect(troubles.remaining("lookup", at: after(10)) == .seconds(10))
        #expect(fail(20) == .seconds(40))
        troubles.use(PluginQuarantine.Limits(failures: 3, first: .seconds(60), longest: .seconds(5)))
        #expect(troubles.remaining("lookup", at: after(25)) == nil)
    }

    @Test func `each trial that fails makes it longer, up to the limit`() {
        _ = (fail(0), fail(0))
        #expect(fail(0) == .seconds(60))
        #expect(troubles.remaining("lookup", at: after(60)) == nil)
        #expect(fail(60) == .seconds(120))
        #expect(fail(180) == .seconds(200))
        #expect(fail(380) == .seconds(200))
        #expect(troubles.failing["lookup"]?.term?.number == 4)
        #expect(troubles.failing["lookup"]?.failures == 6)
    }

    @Test func `a trial that succeeds ends it, and the next one is as short as the first`() {
        for second in [0, 0, 0, 60] as [Int64] { _ = fail(second) }
        #expect(troubles.worked("lookup") == .released("lookup"))
        #expect(troubles.isEmpty && troubles.worked("lookup") == nil)
        _ = (fail(300), fail(300))
        #expect(fail(300) == .seconds(60))
    }

    @Test func `a clock that is set back does not make it longer`() {
        for _ in 0..<3 { _ = fail(1_000) }
        #expect(troubles.remaining("lookup", at: after(1_001)) == .seconds(59))
        #expect(troubles.remaining("lookup", at: after(10)) == nil)
    }

    @Test func `one plugin's failures are not another's`() {
        _ = (fail(0), fail(0))
        let other = PluginError(plugin: "other", what: "no", isRetriable: false)
        #expect(troubles.failed(other, at: start) == nil)
        #expect(troubles.worked("other") == nil)
        #expect(fail(0) == .seconds(60))
        #expect(troubles.remaining("other", at: start) == nil)
        #expect(troubles.forget() == [.released("lookup")] && troubles.isEmpty)
    }

    @Test func `a limit below the first quarantine does not shorten it`() {
        var troubles = PluginTroubles(limits: PluginQuarantine.Limits(failures: 1, first: .seconds(60), longest: .zero))
        for _ in 0..<2 { _ = troubles.failed(error, at: start) }
        #expect(troubles.failing["lookup"]?.term?.length == .seconds(60))
    }

    @Test func `an error goes by the name of the plugin that threw it`() {
        let strange = PluginError(plugin: "somebody", what: "is broken", isRetriable: true)
        #expect(PluginError(strange, of: "lookup").description == "plugin lookup: is broken")
        #expect(PluginError(strange, of: "lookup").isRetriable)
    }
}
