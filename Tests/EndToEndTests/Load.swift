import Foundation

/// Numbered readings (`metadata.n` = 1, 2, 3, …) published by `sluice simulate` in the background.
final class Load {
    private let process = Process()
    let count: Int

    init(on stack: Stack, count: Int, rate: Int, devices: Int = 20, seed: Int = 1, options: [String] = []) throws {
        self.count = count
        process.executableURL = Shell.product("sluice")
        process.arguments =
            [
                "simulate", "--data-dir", stack.dataDirectory.path, "--devices", "\(devices)", "--rate", "\(rate)",
                "--count", "\(count)", "--qos", "1", "--numbered", "--seed", "\(seed)",
            ] + options
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
    }

    var isRunning: Bool { process.isRunning }

    /// Waits until the broker has acknowledged all of it.
    func finish(within seconds: Double = 180) async throws {
        guard await eventually(within: seconds, { !process.isRunning }) else {
            process.terminate()
            throw CommandFailure(description: "the load of \(count) readings did not end within \(seconds) s")
        }
        guard process.terminationStatus == 0 else {
            throw CommandFailure(description: "sluice simulate exited with \(process.terminationStatus)")
        }
    }
}
