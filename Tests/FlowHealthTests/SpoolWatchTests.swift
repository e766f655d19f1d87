import Observability
import Settings
import StageRuntime
import Testing

private let mebibyte = 1 << 20

@Suite struct SpoolWatchTests {
    private let limits = HealthSettings.standard

    /// Looks once a second, while the spool grows by so much.
    private func filled(from first: Int, by growth: Int, _ seconds: Int) -> HealthVerdict {
        var watch = SpoolWatch()
        let start = ContinuousClock.now
        var verdict = HealthVerdict(.ok)
        for second in 0...seconds {
            verdict = watch.look(
                at: first + second * growth, of: 100 * mebibyte, at: start + .seconds(second), limits: limits)
        }
        return verdict
    }

    @Test func `a spool that is half full and grows is degraded, and says when it will be full`() {
        let verdict = filled(from: 0, by: mebibyte / 2, 120)
        #expect(verdict.status == .degraded)
        #expect(
            verdict.detail == "60 MiB of 100 MiB are in use (60 %), growing by 512 KiB/s: full in 80 s")
    }

    @Test func `the first batch after the start is no flood`() {
        #expect(filled(from: 55 * mebibyte, by: mebibyte, 4).status == .ok)
        #expect(filled(from: 55 * mebibyte, by: mebibyte, 6).status == .degraded)
    }

    @Test func `one that is half full and empties itself is well`() {
        #expect(filled(from: 70 * mebibyte, by: -mebibyte / 10, 60).status == .ok)
        #expect(filled(from: 60 * mebibyte, by: 0, 60).status == .ok)
    }

    @Test func `one that is nearly full is degraded even when it stands still`() {
        #expect(filled(from: 81 * mebibyte, by: 0, 60).status == .degraded)
    }

    @Test func `one at its limit fails`() {
        let verdict = filled(from: 100 * mebibyte, by: 0, 1)
        #expect(verdict == HealthVerdict(.fail, "100 MiB of 100 MiB are in use (100 %)"))
    }

    @Test func `one that thins itself out at its limit is degraded`() {
        var watch = SpoolWatch()
        let verdict = watch.look(at: 10, of: 10, at: .now, limits: limits, whenFull: .degraded)
        #expect(verdict.status == .degraded)
    }

    @Test func `a disk is degraded before it fails`() {
        func verdict(_ free: Int?) -> HealthVerdict {
            SpoolWatch.disk(free: free, minimum: 64 * mebibyte, limits: limits)
        }
        #expect(verdict(300 * mebibyte).status == .ok)
        #expect(verdict(200 * mebibyte) == HealthVerdict(.degraded, "200 MiB are free, 64 MiB must stay so"))
        #expect(verdict(63 * mebibyte).status == .fail)
        #expect(verdict(nil).status == .ok)
    }

    @Test func `figures are written as people write them`() {
        #expect([0, 999, 1_000, 1_234_567].map(PlainText.count) == ["0", "999", "1,000", "1,234,567"])
        #expect([2_300, 4.54, 0.2, 0.001].map(PlainText.rate) == ["2,300/s", "4.5/s", "12/min", "4/h"])
        #expect([1_536, 10, 3 << 30].map(PlainText.bytes) == ["1.5 KiB", "10 bytes", "3.0 GiB"])
        #expect(PlainText.time(.seconds(119)) == "119 s")
        #expect(PlainText.time(.seconds(7_199)) == "119 min")
    }
}
