import Testing

extension EndToEnd {
    /// Each page of the dashboard, as it is seen on a screen and on a telephone, by day and by night.
    struct DashboardPagesTests {
        private struct Page {
            var name: String
            var address: String
            /// Holds when the page shows what it is for.
            var sign: String
        }

        @Test func `every page loads without a complaint, fits, and keeps nobody out`() async throws {
            let axe = try AccessibilityCheck()
            try await DashboardRig.with { rig in
                let pages = try await pages(of: rig)
                if Screenshots().areWanted { try await rig.waitForHistory() }
                for viewport in Viewport.all {
                    try await rig.driver.show(as: viewport)
                    for page in pages { try await look(at: page, as: viewport, rig, axe) }
                }
            }
        }

        private func look(
            at page: Page, as viewport: Viewport, _ rig: DashboardRig, _ axe: AccessibilityCheck
        ) async throws {
            try await rig.open(page.address)
            try await rig.until("\(page.name) shows, \(viewport)", page.sign)
            try await rig.until("it is live", "document.body.dataset.live === 'true'")
            #expect(try await rig.driver.fits(viewport), "\(page.name), \(viewport)")
            #expect(try await axe.faults(of: rig.driver) == [], "\(page.name), \(viewport)")
            #expect(try await rig.driver.console() == [], "\(page.name), \(viewport)")
            try await Screenshots().take(page.name, of: rig.driver, as: viewport)
        }

        private func pages(of rig: DashboardRig) async throws -> [Page] {
            let alert = try await rig.stack.query("select alert_id from alerts limit 1")
            try await rig.open("#/dlq")
            try await rig.until("the dead letter is listed", "document.querySelector('tbody th a')")
            let letter = try await rig.driver.run("return document.querySelector('tbody th a').hash") as? String
            let text = { (words: String) in "document.querySelector('main').innerText.includes('\(words)')" }
            return [
                Page(name: "overview", address: "", sign: "document.querySelectorAll('.charts canvas').length >= 3"),
                Page(name: "ledger", address: "#/ledger", sign: text("difference 0")),
                Page(name: "alerts", address: "#/alerts", sign: text("boiler / temperature")),
                Page(name: "alert", address: "#/alerts/\(alert)", sign: text("What became of it")),
                Page(name: "devices", address: "#/devices", sign: text("boiler")),
                Page(name: "device", address: "#/devices/boiler", sign: "document.querySelector('.series canvas')"),
                Page(name: "dead-letters", address: "#/dlq", sign: text("pump / pressure")),
                Page(name: "dead-letter", address: try #require(letter), sign: text("22 77 61 72 6d")),
            ]
        }
    }
}
