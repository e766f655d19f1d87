import Foundation
import HTTPEndpoints
import Processes
import TestServers
import Testing

/// Debian's Chromium without a screen, driven by its chromedriver: https://www.w3.org/TR/webdriver2/
final class WebDriver: Sendable {
    /// Never passed over: a page that nobody has looked at counts for nothing.
    struct Missing: Error, CustomStringConvertible {
        let program: String
        var description: String { "\(program) is not installed (`.ci/install-packages test` does that)" }
    }

    struct Refused: Error, CustomStringConvertible {
        let description: String
    }

    private let process: ChildProcess
    private let port: Int
    private let session: String
    private let client = OperatorClient()

    /// - Throws: ``Missing``
    static func start() async throws -> WebDriver {
        for program in ["/usr/bin/chromedriver", "/usr/bin/chromium"] {
            guard FileManager.default.isExecutableFile(atPath: program) else { throw Missing(program: program) }
        }
        let folder = try TestDirectory.make()
        let log = "\(folder)/chromedriver.log"
        // What starts without a home of its own would look for that of another account.
        let command = Command(
            "/usr/bin/chromedriver", ["--port=0"], environment: ["HOME": folder, "TMPDIR": folder],
            output: .appended(to: log))
        let process = try ChildProcess.spawn(command)
        do {
            return try await WebDriver(process, port: try await port(in: log))
        } catch {
            await process.stop(within: .seconds(10))
            throw error
        }
    }

    private static func port(in log: String) async throws -> Int {
        var port: Int?
        let isUp = await eventually(within: 60) {
            let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            port = text.firstMatch(of: /successfully on port (\d+)/).flatMap { Int($0.output.1) }
            return port != nil
        }
        guard isUp, let port else { throw Refused(description: "chromedriver named no port within a minute") }
        return port
    }

    private init(_ process: ChildProcess, port: Int) async throws {
        (self.process, self.port) = (process, port)
        let arguments = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
        ]
        let options: [String: Any] = ["binary": "/usr/bin/chromium", "args": arguments]
        let wanted: [String: Any] = ["goog:chromeOptions": options, "goog:loggingPrefs": ["browser": "ALL"]]
        let answer = try await Self.post(
            client, port, "/session", ["capabilities": ["alwaysMatch": wanted]] as [String: Any])
        guard let session = (answer as? [String: Any])?["sessionId"] as? String else {
            throw Refused(description: "chromedriver gave no session: \(answer)")
        }
        self.session = session
    }

    func stop() async {
        // It ends the browser, too. Whoever does not answer is stopped all the same.
        _ = try? await client.get(["/shutdown"], host: "127.0.0.1", port: port, within: .seconds(20))
        await process.stop(within: .seconds(10))
    }

    func open(_ url: String) async throws {
        _ = try await ask("/url", ["url": url])
    }

    /// Starts a browser, and ends it whatever happens.
    static func with(_ body: (WebDriver) async throws -> Void) async throws {
        let driver = try await start()
        do {
            try await body(driver)
        } catch {
            await driver.stop()
            throw error
        }
        await driver.stop()
    }

    /// Waits until an expression of the page's is true.
    func until(
        _ what: String, within seconds: Double = 30, _ condition: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let holds = try await eventually(within: seconds) {
            try await run("return Boolean(\(condition))") as? Bool == true
        }
        let text = holds ? "" : try await run("return document.body.innerText.slice(0, 1500)")
        try #require(holds, "\(what), within \(seconds) s; the page: \(text)", sourceLocation: sourceLocation)
    }

    /// What a script returns: JSON's types.
    @discardableResult
    func run(_ script: String, _ arguments: [Any] = []) async throws -> Any {
        try await ask("/execute/sync", ["script": script, "args": arguments])
    }

    /// A command of the browser's own: https://chromedevtools.github.io/devtools-protocol/
    @discardableResult
    func devTools(_ command: String, _ parameters: [String: Any] = [:]) async throws -> [String: Any] {
        try await ask("/goog/cdp/execute", ["cmd": command, "params": parameters]) as? [String: Any] ?? [:]
    }

    /// A key, as a person presses it.
    func press(_ key: String) async throws {
        let codes = ["Enter": 13, "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowRight": 39]
        var event: [String: Any] = ["key": key, "code": key, "windowsVirtualKeyCode": codes[key] ?? 0]
        if key == "Enter" { event["text"] = "\r" }
        for type in ["keyDown", "keyUp"] {
            event["type"] = type
            try await devTools("Input.dispatchKeyEvent", event)
        }
    }

    /// What the browser said about its pages since this was asked last.
    func console() async throws -> [String] {
        let entries = try await ask("/se/log", ["type": "browser"]) as? [[String: Any]] ?? []
        return entries.filter { $0["level"] as? String != "DEBUG" }.compactMap { $0["message"] as? String }
    }

    private func ask(_ path: String, _ body: [String: Any]) async throws -> Any {
        try await Self.post(client, port, "/session/\(session)\(path)", body)
    }

    private static func post(
        _ client: OperatorClient, _ port: Int, _ path: String, _ body: [String: Any]
    ) async throws -> Any {
        let text = String(decoding: try JSONSerialization.data(withJSONObject: body), as: UTF8.self)
        let reply = try await client.post(path, text, host: "127.0.0.1", port: port, within: .seconds(120))
        let answer = try JSONSerialization.jsonObject(with: Data(reply.body.utf8)) as? [String: Any]
        guard reply.status == 200, let value = answer?["value"] else {
            throw Refused(description: "\(path): \(reply.status) \(reply.body.prefix(1_000))")
        }
        return value
    }
}
