import Foundation

/// Prometheus' own judge.
enum Promtool {
    /// - Returns: what it complains of; empty when all is well.
    static func check(metrics text: String) async throws -> String {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).prom")
        try text.write(to: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: file) }
        let script = "exec promtool check metrics < '\(file.path)'"
        let result = try await Shell.run(URL(fileURLWithPath: "/bin/sh"), ["-c", script])
        return result.output + result.errors + (result.status == 0 ? "" : "exit status \(result.status)\n")
    }

    static func run(_ arguments: String...) async throws -> CommandResult {
        try await Shell.run(URL(fileURLWithPath: "/usr/bin/promtool"), arguments)
    }
}
