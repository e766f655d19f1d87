import Foundation

/// `ip` of iproute2, which makes namespaces and the links between them.
enum IPCommand {
    static let path =
        ["/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip"].first { FileManager.default.isExecutableFile(atPath: $0) }

    /// Runs it to its end, which takes milliseconds.
    ///
    /// - Throws: ``CommandFailure`` with what it said.
    static func run(_ words: String...) throws {
        let arguments = words.flatMap { $0.split(separator: " ").map(String.init) }
        guard let path else { throw CommandFailure(description: "there is no ip: install the package iproute2") }
        let process = Process()
        let errors = Pipe()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        try process.run()
        let text = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw CommandFailure(
                description: "ip \(arguments.joined(separator: " ")): " + String(decoding: text, as: UTF8.self))
        }
    }
}
