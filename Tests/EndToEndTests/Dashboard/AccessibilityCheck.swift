import Foundation

/// axe-core (https://github.com/dequelabs/axe-core), from where `.ci/install-packages test` puts it; it is no part of Sluice.
struct AccessibilityCheck {
    struct Missing: Error, CustomStringConvertible {
        let description = "axe-core is not installed (`.ci/install-packages test` does that): pages cannot be checked"
    }

    private static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent(".build/test-tools/axe_playwright_python/axe.min.js").path

    private let script: String

    /// - Throws: ``Missing``
    init() throws {
        guard let text = try? String(contentsOfFile: Self.path, encoding: .utf8) else { throw Missing() }
        script = text
    }

    /// The faults that keep somebody out or make it hard for them, each with where it is.
    func faults(of driver: WebDriver) async throws -> [String] {
        // Not as a script of the page: its policy, rightly, lets none in.
        let expression = """
            \(script);
            axe.run().then(found => JSON.stringify(found.violations
              .filter(one => ["serious", "critical"].includes(one.impact))
              .map(one => `${one.id}: ${one.nodes.map(node => node.html.slice(0, 200)).join(" ")}`)))
            """
        let answer = try await driver.devTools(
            "Runtime.evaluate", ["expression": expression, "awaitPromise": true, "returnByValue": true])
        guard let text = (answer["result"] as? [String: Any])?["value"] as? String else {
            throw WebDriver.Refused(description: "axe did not answer: \(answer)")
        }
        return try JSONDecoder().decode([String].self, from: Data(text.utf8))
    }
}
