import Alerting
import IOLoop
import Model
import Testing

@testable import SluiceCommand

/// The page as a browser shows it.
@IOThread
struct BacktestBrowserTests {
    /// As long as a name may be without a place where a line could end.
    private static let long = String(repeating: "x", count: 120)

    private func outcome() async throws -> BacktestOutcome {
        var delivered = DeliveredBatches()
        delivered.deliverWave(1_000, device: "<b>\"oven\"</b>&", spikes: [600, 800])
        delivered.deliverWave(1_000, device: Self.long, spikes: [700])
        delivered.deliverWave(1_000, device: "calm")
        var request = try BacktestRequest.standard("tailsum")
        request.plotLimit = 10
        return try await BacktestHistory.with(delivered.batches) { [request] in try await $0.run(request) }
    }

    @Test(arguments: [1_280, 360])
    func `a browser shows a plot a series, a mark an alert, and a row an alert`(width: Int) async throws {
        let outcome = try await outcome()
        let sight = try await Browser().look(at: BacktestPage(outcome).text, width: width)
        #expect(outcome.alerts.count >= 3)
        #expect(sight.plots.count == 2 && sight.lines == 2)
        #expect(sight.plots.allSatisfy { $0.width > Double(width) * 0.8 && $0.height > 100 })
        #expect(sight.marks.count == outcome.alerts.count)
        #expect(sight.marks.allSatisfy { $0.isInPlot && $0.size >= 9 && $0.color.hasPrefix("rgb(") })
        for mark in sight.marks {
            let alert = outcome.alerts[try #require(mark.row)]
            #expect(mark.title == "\(alert.subject.time.brief): \(alert.why)")
        }
        #expect(Set(sight.marks.map(\.row)).count == outcome.alerts.count)
        #expect(sight.rows.map { $0.cells.first } == outcome.alerts.map { $0.firedAt?.brief })
        #expect(sight.rows.map { $0.cells[1] } == outcome.alerts.map(\.series.device))
        #expect(sight.rows.map { $0.cells[8] } == outcome.alerts.map(\.id))
        #expect(sight.rows.map { $0.cells.last } == outcome.alerts.map(\.why))
        #expect(sight.rows.allSatisfy { $0.isVisible })
    }

    @Test func `on a telephone it is read without scrolling sideways`() async throws {
        let sight = try await Browser().look(at: BacktestPage(try await outcome()).text, width: 360)
        #expect((340...360).contains(sight.width))
        #expect(sight.contentWidth <= sight.width)
        #expect(sight.cut.isEmpty && sight.scrollers == 0)
        #expect(sight.smallestFont >= 14)
    }

    @Test func `it asks nobody for anything, and the browser has nothing to say about it`() async throws {
        let sight = try await Browser().look(at: BacktestPage(try await outcome()).text, width: 1_280)
        #expect(sight.requests.isEmpty)
        #expect(sight.console.isEmpty)
    }

    @Test func `a page that is none of this is seen to be so`() async throws {
        let page = """
            <!doctype html><title>x</title><p style="width: 500px; font-size: 9px">x</p>
            <img src="http://127.0.0.1:9/x.png"><script>console.error("broken")</script>
            """
        let sight = try await Browser().look(at: page, width: 360)
        #expect(sight.contentWidth > sight.width && sight.cut.count == 1 && sight.smallestFont == 9)
        #expect(sight.requests == ["http://127.0.0.1:9/x.png"])
        #expect(sight.console.contains { $0.contains("broken") })
        #expect(sight.plots.isEmpty && sight.marks.isEmpty && sight.rows.isEmpty)
    }

    @Test func `without a browser it fails, and says what is missing`() {
        let error = #expect(throws: Browser.Missing.self) { try Browser(paths: ["/nowhere/chromium"]) }
        #expect(error?.description.hasPrefix("chromium is not installed") == true)
    }
}
