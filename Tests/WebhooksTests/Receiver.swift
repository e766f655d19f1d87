import Foundation
import Processes
import TestServers
import Testing

/// A request as `Fixtures/receiver.py` writes it down.
struct ReceivedRequest: Decodable {
    let path: String
    let headers: [String: String]
    let body: String
    /// What the documentation's example says of it; of the same one after its age limit; of another body.
    let genuine: Bool
    let late: Bool
    let forged: Bool
    /// Seconds of a monotonic clock.
    let began: Double
    let ended: Double

    /// `id` and `transition` of the body, as the delivery is named.
    var delivery: String? { headers["X-Sluice-Delivery"] }
}

/// A web server in Python, on a port of its own.
struct Receiver {
    static let secret = "s3cret"
    let port: Int
    private let process: ChildProcess
    private let log: String

    /// - Parameter port: 0 is any free one.
    static func start(port: UInt16 = 0, certificates: Certificates? = nil) async throws -> Receiver {
        let folder = try TestDirectory.make()
        try documentedExample().write(toFile: "\(folder)/receiving.py", atomically: true, encoding: .utf8)
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures/receiver.py").path
        let security = certificates.map { [$0.path("server.pem"), $0.path("server.key")] } ?? []
        let arguments = [script, "\(port)", "\(folder)/log", folder, secret] + security
        let process = try ChildProcess.spawn(
            Command("/usr/bin/python3", arguments, output: .appended(to: "\(folder)/output")))
        ExitCleanup.add(process)
        let log = "\(folder)/log"
        try await eventually("the receiver listens", "\(folder)/output") { try !lines(log).isEmpty }
        let listening = try JSONDecoder().decode([String: Int].self, from: try #require(lines(log).first))
        return Receiver(port: try #require(listening["listening"]), process: process, log: log)
    }

    func url(_ path: String, scheme: String = "http") -> String { "\(scheme)://127.0.0.1:\(port)\(path)" }

    /// In the order in which they were answered.
    func requests(_ path: String) throws -> [ReceivedRequest] {
        try Self.lines(log).dropFirst().map { try JSONDecoder().decode(ReceivedRequest.self, from: $0) }
            .filter { $0.path.hasPrefix(path) }
    }

    func stop() async { await process.stop(within: .seconds(5)) }

    private static func lines(_ log: String) throws -> [Data] {
        guard FileManager.default.fileExists(atPath: log) else { return [] }
        let text = try String(contentsOfFile: log, encoding: .utf8)
        // What stands behind the last line break is still being written.
        return text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { Data($0.utf8) }
    }

    /// The Python of `docs/webhooks.md`.
    private static func documentedExample() throws -> String {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/webhooks.md")
        let text = try String(contentsOf: file, encoding: .utf8)
        let match = try #require(try text.firstMatch(of: Regex("(?s)```python\n(.*?)```")), "an example in Python")
        return String(try #require(match.output[1].substring))
    }
}

/// Waits for a condition, a minute at most.
///
/// - Parameter output: a file that says more when it does not come true.
func eventually(_ what: String, _ output: String? = nil, _ condition: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try await !condition() {
        let more = output.flatMap { try? String(contentsOfFile: $0, encoding: .utf8) } ?? ""
        try #require(ContinuousClock.now < deadline, "not true within a minute: \(what) \(more)")
        try await Task.sleep(for: .milliseconds(10))
    }
}
