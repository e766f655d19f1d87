import Foundation
import Testing

extension EndToEnd {
    /// The first seconds, as whoever typed `make run` sees them.
    struct DashboardStartTests {
        /// Of so many starts one must be in time: what else the machine does delays any of them.
        private static let attempts = 4

        @Test func `flow is seen two seconds after sluice up has said where the dashboard is`() async throws {
            var delays: [Duration] = []
            try await WebDriver.with { driver in
                for _ in 0..<Self.attempts where !delays.contains(where: { $0 < .seconds(2) }) {
                    try await ForegroundStart.with { start in
                        let url = try await start.dashboard()
                        let said = ContinuousClock.now
                        try await driver.show(as: Viewport.all[0])
                        try await driver.open(url)
                        try await driver.until("readings flow", within: 60, Self.flows)
                        delays.append(.now - said)
                        try await takePictures(driver)
                    }
                }
            }
            #expect(delays.contains { $0 < .seconds(2) }, "\(delays)")
        }

        /// A rate of what came in, a rate of what was stored, and one on each link between.
        private static let flows = """
            document.querySelector('#answer-flow strong')?.innerText.startsWith('Yes')
              && document.querySelector('#answer-flow .detail').innerText.includes('/s received')
            """

        private func takePictures(_ driver: WebDriver) async throws {
            for viewport in Viewport.all {
                try await driver.show(as: viewport)
                try await driver.until("readings flow, \(viewport)", Self.flows)
                try await Screenshots().take("start", of: driver, as: viewport)
            }
        }
    }
}

/// `sluice up --simulate` in the foreground, as `make run` starts it.
private final class ForegroundStart {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-up-\(UUID().uuidString)")
    private let process = Process()
    private let output: OutputFile
    private let complaints: OutputFile

    static func with(_ body: (ForegroundStart) async throws -> Void) async throws {
        let start = try ForegroundStart()
        do {
            try await body(start)
        } catch {
            try? await start.end()
            throw error
        }
        try await start.end()
    }

    private init() throws {
        (output, complaints) = (try OutputFile(), try OutputFile())
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        process.executableURL = Shell.product("sluice")
        process.arguments = ["up", "--simulate", "50", "--data-dir", folder.path, "--base-port", "0"]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output.handle
        process.standardError = complaints.handle
        try process.run()
    }

    /// Waits until it says that it is up, and where.
    func dashboard() async throws -> String {
        let deadline = ContinuousClock.now + .seconds(180)
        while .now < deadline, process.isRunning {
            if let found = try output.text().firstMatch(of: /dashboard +(http:\S+)\n/) { return String(found.output.1) }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw CommandFailure(description: "sluice up: \(try output.text()) \(try complaints.text())")
    }

    /// As Ctrl-C does.
    func end() async throws {
        process.interrupt()
        let hasEnded = await eventually(within: 120) { !process.isRunning }
        if !hasEnded { kill(process.processIdentifier, SIGKILL) }
        try FileManager.default.removeItem(at: folder)
        let words = try complaints.text()
        try #require(hasEnded, "sluice up did not end within two minutes: \(words)")
    }
}
