import Alerting
import DetectorCatalog
import Foundation
import IOLoop
import Model
import Testing

@testable import SluiceCommand

/// The page with the plots.
@IOThread
struct BacktestPageTests {
    private static let hostile = "<script>alert(\"x\")</script>&'"

    private func outcome(_ change: (inout BacktestRequest) -> Void = { _ in }) async throws -> BacktestOutcome {
        var delivered = DeliveredBatches()
        delivered.deliverWave(1_000, device: Self.hostile, spikes: [600, 800])
        delivered.deliverWave(1_000, device: "pump", spikes: [700])
        delivered.deliverWave(1_000, device: "calm")
        var request = try BacktestRequest.standard("tailsum")
        request.plotLimit = 10
        change(&request)
        return try await BacktestHistory.with(delivered.batches) { [request] in try await $0.run(request) }
    }

    @Test func `the name of a device is text, whatever it holds`() async throws {
        let page = BacktestPage(try await outcome()).text
        #expect(!page.contains("<script") && !page.contains("alert(\"x\")"))
        #expect(page.contains("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;&#39;"))
    }

    @Test func `each alert has a row, a mark and its reason`() async throws {
        let outcome = try await outcome()
        let page = BacktestPage(outcome).text
        #expect(outcome.alerts.count >= 3)
        for (index, alert) in outcome.alerts.enumerated() {
            #expect(page.contains("<tr id=\"alert-\(index + 1)\">"))
            #expect(page.contains("<a href=\"#alert-\(index + 1)\""))
            #expect(page.contains("<title>\(alert.subject.time.brief): \(alert.why.inHTML)</title>"))
        }
    }

    @Test func `series without alerts are not drawn, and those beyond the limit are counted`() async throws {
        let all = BacktestPage(try await outcome()).text
        #expect(all.split(separator: "<figure>").count == 3)
        let few = try await outcome { $0.plotLimit = 1 }
        let page = BacktestPage(few).text
        #expect(
            page.split(separator: "<figure>").count == 2 && page.contains("1 more series with alerts are not drawn"))
        #expect(few.plots.first?.name.device == Self.hostile)
    }

    @Test func `it is well-formed, and asks nobody for anything`() async throws {
        let page = BacktestPage(try await outcome()).text
        // As XML, but for what HTML leaves open.
        let xml = page.replacing("<!doctype html>", with: "").replacing(/<meta[^>]*>/, with: "")
        #expect(try XMLCheck(xml).isWellFormed)
        #expect(!page.contains("http://") && !page.contains("https://") && !page.contains("src="))
    }

    @Test func `without alerts it says so`() async throws {
        let page = BacktestPage(try await outcome { $0.scope.devices = ["calm"] }).text
        #expect(page.contains("<p>No alerts.</p>") && !page.contains("<svg"))
    }
}

/// Elements that are opened are closed, in order.
private struct XMLCheck {
    let isWellFormed: Bool

    init(_ text: String) throws {
        var open: [Substring] = []
        var isWellFormed = true
        for match in text.matches(of: /<(\/?)([a-z0-9]+)[^<>]*?(\/?)>/) where match.output.3.isEmpty {
            if match.output.1.isEmpty {
                open.append(match.output.2)
            } else if open.popLast() != match.output.2 {
                isWellFormed = false
            }
        }
        self.isWellFormed = isWellFormed && open.isEmpty
    }
}
