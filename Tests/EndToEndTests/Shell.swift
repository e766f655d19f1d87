import Foundation

/// What a command printed and how it ended.
struct CommandResult {
    var status: Int32
    var output: String
    var errors: String
}

struct CommandFailure: Error, CustomStringConvertible {
    var description: String
}

/// Runs commands as a user would, and waits for their end.
enum Shell {
    /// The folder of the executables that were built with these tests, or that `SLUICE_PRODUCTS` names.
    static let products: URL =
        ProcessInfo.processInfo.environment["SLUICE_PRODUCTS"].map { URL(fileURLWithPath: $0) }
        ?? URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()

    static func product(_ name: String) -> URL { products.appendingPathComponent(name) }

    /// - Parameter deadline: seconds after which the command is killed and the call fails.
    @discardableResult
    static func run(
        _ executable: URL, _ arguments: [String], environment: [String: String] = [:], deadline: Double = 180
    ) async throws -> CommandResult {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        let output = try OutputFile()
        let errors = try OutputFile()
        process.standardOutput = output.handle
        process.standardError = errors.handle
        try process.run()
        let inTime = await eventually(within: deadline) { !process.isRunning }
        if !inTime { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        let result = CommandResult(
            status: process.terminationStatus, output: try output.text(), errors: try errors.text())
        guard inTime else {
            throw CommandFailure(
                description: "\(executable.lastPathComponent) \(arguments) ran longer than \(deadline) s\n\(result)")
        }
        return result
    }

    /// The same, and fails unless the command exits with 0.
    @discardableResult
    static func succeed(
        _ executable: URL, _ arguments: [String], environment: [String: String] = [:], deadline: Double = 180
    ) async throws -> String {
        let result = try await run(executable, arguments, environment: environment, deadline: deadline)
        guard result.status == 0 else {
            throw CommandFailure(
                description: "\(executable.lastPathComponent) \(arguments) exited with \(result.status)\n"
                    + result.output + result.errors)
        }
        return result.output
    }
}

/// Output goes to a file: a pipe that a detached grandchild keeps open would never end.
final class OutputFile {
    let url: URL
    let handle: FileHandle

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-output-\(UUID().uuidString)")
        guard FileManager.default.createFile(atPath: url.path, contents: nil) else {
            throw CommandFailure(description: "cannot create \(url.path)")
        }
        handle = try FileHandle(forWritingTo: url)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func text() throws -> String {
        String(decoding: try Data(contentsOf: url), as: UTF8.self)
    }
}

/// Asks again until the condition holds. Returns whether it did before the deadline (seconds).
func eventually(within seconds: Double, _ condition: () async throws -> Bool) async rethrows -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
        if try await condition() { return true }
        if ContinuousClock.now >= deadline { return false }
        try? await Task.sleep(for: .milliseconds(50))
    }
}
