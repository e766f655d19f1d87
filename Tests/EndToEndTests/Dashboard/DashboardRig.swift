import Foundation
import Testing

/// A stack of its own with sensors, an alert, a dead letter, and a browser that looks at its dashboard.
final class DashboardRig: Sendable {
    let stack: Stack
    let driver: WebDriver
    /// Of the dashboard.
    let url: String
    let token: String

    private init(_ stack: Stack, _ driver: WebDriver, url: String, token: String) {
        (self.stack, self.driver, self.url, self.token) = (stack, driver, url, token)
    }

    /// An alert as soon as the boiler is hot, and nothing else that alarms.
    private static let settings = """
        anomaly_detector:
          detectors:
            - { type: threshold, devices: [boiler], above: 90, clear_above: 85 }
        """

    static func with(_ body: (DashboardRig) async throws -> Void) async throws {
        let settings = try OutputFile()
        try settings.handle.write(contentsOf: Data(Self.settings.utf8))
        try await withStack(["--config", settings.url.path]) { stack in
            let load = try Load(on: stack, rate: 200, devices: 5)
            try await WebDriver.with { driver in try await body(try await prepare(stack, driver)) }
            withExtendedLifetime(load) {}
        }
    }

    private static func prepare(_ stack: Stack, _ driver: WebDriver) async throws -> DashboardRig {
        let status = try await stack.status()
        let token = try await Shell.succeed(
            Shell.product("sluice"), ["token", "--data-dir", stack.dataDirectory.path]
        ).trimmingCharacters(in: .whitespacesAndNewlines)
        let rig = DashboardRig(stack, driver, url: status.dashboard, token: token)
        try await stack.publish("sensors/boiler/temperature", #"{"value": 21.5, "unit": "C"}"#)
        try await stack.publish("sensors/boiler/temperature", #"{"value": 97.5, "unit": "C"}"#)
        try await stack.publish("sensors/pump/pressure", #"{"value": "warm"}"#)
        try #require(try await stack.reaches(1, "select count(*) from dead_letters where device_id = 'pump'"))
        try #require(try await stack.reaches(1, "select count(*) from alerts where state = 'firing'"))
        return rig
    }

    /// Opens a page, such as `#/alerts`, anew.
    func open(_ page: String) async throws {
        // Another address behind `#` alone would be no new page.
        try await driver.open("about:blank")
        try await driver.open("\(url)/\(page)")
    }

    /// Pictures of the first second show nothing.
    func waitForHistory() async throws {
        try await open("")
        try await until(
            "the charts have something to show", within: 120,
            "document.querySelector('.plot-frame')?.ariaValueMax >= 15")
    }

    /// Waits until an expression of the page's is true.
    func until(
        _ what: String, within seconds: Double = 30, _ condition: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await driver.until(what, within: seconds, condition, sourceLocation: sourceLocation)
    }

    /// Presses the button of this text, in the dialog when one is open.
    func press(_ text: String) async throws {
        let button =
            "[...(document.querySelector('dialog:last-of-type') ?? document).querySelectorAll('button, a')]"
            + ".find(one => one.textContent.trim().startsWith(arguments[0]) && !one.disabled)"
        try await until("'\(text)' can be pressed", button.replacing("arguments[0]", with: "'\(text)'"))
        try await driver.run("\(button).click()", [text])
    }

    /// Writes into the field of this name in the dialog.
    func write(_ text: String, into field: String) async throws {
        try await until("there is a field \(field)", "document.querySelector('dialog:last-of-type [name=\(field)]')")
        try await driver.run(
            "document.querySelector(`dialog:last-of-type [name=${arguments[0]}]`).value = arguments[1]", [field, text])
    }
}
