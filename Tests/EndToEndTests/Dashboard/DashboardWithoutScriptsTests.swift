import Foundation
import Testing

extension EndToEnd {
    /// The dashboard in a browser that runs no scripts.
    struct DashboardWithoutScriptsTests {
        @Test func `without scripts it says what it needs, and leads to what can be read all the same`() async throws {
            try await withStack { stack in
                let url = try await stack.status().dashboard
                try await WebDriver.with { driver in
                    try await driver.devTools("Emulation.setScriptExecutionDisabled", ["value": true])
                    for viewport in Viewport.all {
                        try await driver.show(as: viewport)
                        try await look(at: driver, as: viewport, url)
                    }
                    try await follow(driver, from: url)
                }
            }
        }

        private func look(at driver: WebDriver, as viewport: Viewport, _ url: String) async throws {
            try await driver.devTools("Page.navigate", ["url": "\(url)/"])
            var text = ""
            let saysSo = try await eventually(within: 30) {
                text = try await driver.evaluate("document.body?.innerText ?? ''") as? String ?? ""
                return text.contains("needs JavaScript")
            }
            #expect(saysSo, "\(text), \(viewport)")
            // Neither a promise nor a button that only a script would keep.
            for word in ["connecting", "Token", "Overview"] { #expect(!text.contains(word), "\(text), \(viewport)") }
            let width = try await driver.evaluate("Math.max(document.documentElement.scrollWidth, innerWidth)") as? Int
            #expect(width.map { $0 <= viewport.width } == true, "\(width ?? 0) px, \(viewport)")
            #expect(try await driver.console() == [], "\(viewport)")
            try await Screenshots().take("without-scripts", of: driver, as: viewport)
        }

        private func follow(_ driver: WebDriver, from url: String) async throws {
            let found = try await driver.evaluate("[...document.querySelectorAll('main a')].map(link => link.href)")
            let links = try #require(found as? [String])
            #expect(
                links.map { $0.replacing("\(url)/api/", with: "") } == ["status", "ledger", "alerts", "devices", "dlq"])
            for link in links {
                let answer = try await HTTP.get(link)
                #expect(answer.status == 200, "\(link): \(answer)")
                #expect(throws: Never.self, "\(link)") {
                    try JSONSerialization.jsonObject(with: Data(answer.body.utf8))
                }
            }
        }
    }
}

extension WebDriver {
    /// What an expression comes to, in the debugger: chromedriver's own scripts wait for ever where a page may run none.
    fileprivate func evaluate(_ expression: String) async throws -> Any? {
        let answer = try await devTools("Runtime.evaluate", ["expression": expression, "returnByValue": true])
        return (answer["result"] as? [String: Any])?["value"]
    }
}
