import Foundation
import Processes

/// Numbered readings (`metadata.n` = 1, 2, 3, …) that `sluice simulate` publishes in the background until it is told to
/// stop, so that a load lasts as long as what happens under it.
final class Load {
    private let process = Process()
    private let report: OutputFile

    /// - Parameter published: how many readings earlier loads have numbered.
    convenience init(on stack: Stack, rate: Int, after published: Int = 0, devices: Int = 20) throws {
        let options = ["--data-dir", stack.dataDirectory.path]
        try self.init([Shell.product("sluice").path], options, rate, published, devices)
    }

    /// From a host of its own.
    convenience init(on host: NetworkHost, broker: String, rate: Int, devices: Int = 20) throws {
        let command = host.command(Command(Shell.product("sluice").path))
        try self.init([command.executable] + command.arguments, ["--mqtt", broker], rate, 0, devices)
    }

    private init(_ sluice: [String], _ broker: [String], _ rate: Int, _ published: Int, _ devices: Int) throws {
        report = try OutputFile()
        process.executableURL = URL(fileURLWithPath: sluice[0])
        process.arguments =
            sluice.dropFirst() + ["simulate"] + broker + [
                "--devices", "\(devices)", "--rate", "\(rate)", "--qos", "1", "--numbered", "--first-number",
                "\(published + 1)", "--seed", "1", "--json",
            ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = report.handle
        try process.run()
    }

    deinit {
        if process.isRunning { process.terminate() }
    }

    var isRunning: Bool { process.isRunning }

    /// Ends it as `kill` does.
    ///
    /// - Returns: how many readings it has published; the broker has acknowledged each of them.
    func stop() async throws -> Int {
        process.terminate()
        guard await eventually(within: 60, { !process.isRunning }) else {
            throw CommandFailure(description: "sluice simulate did not end within 60 s")
        }
        let text = try report.text()
        guard process.terminationReason == .exit, process.terminationStatus == 0 else {
            throw CommandFailure(description: "sluice simulate ended with \(process.terminationStatus): \(text)")
        }
        return try JSONDecoder().decode(Report.self, from: Data(text.utf8)).acknowledged
    }

    private struct Report: Decodable {
        var acknowledged: Int
    }
}
