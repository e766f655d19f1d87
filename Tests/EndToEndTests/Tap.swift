import Foundation

/// A `sluice tap` that runs.
final class Tap: CustomStringConvertible {
    let words: [String]
    private let process = Process()
    private let output: OutputFile
    private let complaints: OutputFile

    init(on stack: Stack, _ words: [String], output pipe: FileHandle? = nil) throws {
        self.words = words
        output = try OutputFile()
        complaints = try OutputFile()
        process.executableURL = Shell.product("sluice")
        process.arguments = ["tap", "--data-dir", stack.dataDirectory.path, "--json"] + words
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe ?? output.handle
        process.standardError = complaints.handle
        try process.run()
    }

    deinit { stop() }

    var text: String { (try? output.text()) ?? "" }
    var errors: String { (try? complaints.text()) ?? "" }
    /// The whole lines that it has shown.
    var lines: [String] { text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init) }
    var description: String { "\(words): \(text.suffix(400)) \(errors)" }

    /// It shows only what passes after it was opened: so something passes until then.
    func shows(_ value: Double, of device: String, publishingTo stack: Stack) async throws -> Bool {
        try await eventually(within: 60) {
            try await stack.publish("sensors/other/temperature", #"{"value": 7}"#)
            try await stack.publish("sensors/\(device)/temperature", #"{"value": \#(value), "unit": "C"}"#)
            return text.contains("\"value\":\(value),")
        }
    }

    /// As Ctrl-C does.
    func end() async throws -> Int32 {
        process.interrupt()
        guard await eventually(within: 30, { !process.isRunning }) else { throw CommandFailure(description: "\(self)") }
        return process.terminationStatus
    }

    func stop() {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }
}
