import ArgumentParser
import Foundation
import Observability
import Settings
import Testing
import UnixSignals

@testable import StageRuntime

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// swift-log may be set up once in a process only.
private let logs = Result { () throws(InvalidSettings) -> LogSetup in
    let document = SettingsDocument(yaml: "log: { level: error }", environment: [:])
    return LogSetup.bootstrap(try document.decode(LogSection.self).log)
}

private struct LogSection: SettingsSection {
    static let section = "log"
    let log: LogSettings
    init(from reader: SettingsReader) { log = LogSettings(from: reader) }
}

/// One life of a service inside the test's process, with signals sent by hand.
final class FrameRun: Sendable {
    let instance = "sample-\(UUID().uuidString)"
    let directory: InstanceDirectory
    private let signals: AsyncStream<UnixSignal>.Continuation
    private let life: Task<ExitCode, Never>

    /// - Parameter sample: the section's keys.
    init<S: Service>(_ service: S.Type, sample: String = "pace: 1") throws {
        let directory = InstanceDirectory(path: NSTemporaryDirectory() + "sluice-frame-\(UUID().uuidString)")
        let (stream, signals) = AsyncStream.makeStream(of: UnixSignal.self)
        self.directory = directory
        self.signals = signals
        let file = directory.path + "/settings"
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
        try Self.yaml(sample).write(toFile: file, atomically: true, encoding: .utf8)
        let settings = try CurrentSettings<S.Configuration> { SettingsDocument(file: file, environment: [:]) }
        let frame = ServiceLife<S>(
            settings: settings, identity: ServiceIdentity(service: S.name, instance: instance), instances: directory,
            logs: try logs.get())
        life = Task { await frame.run(signals: stream) }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: directory.path)
    }

    func send(_ signal: UnixSignal) { signals.yield(signal) }

    /// - Parameters:
    ///   - sample: the section's keys.
    ///   - more: further sections.
    func write(_ sample: String, _ more: String = "") throws {
        try Self.yaml(sample, more).write(toFile: directory.path + "/settings", atomically: true, encoding: .utf8)
    }

    private static func yaml(_ sample: String, _ more: String = "") -> String {
        "log: { level: error }\nsample: { \(sample) }\nhttp: { operator_token: \(token) }\n\(more)\n"
    }

    static let token = "open-sesame"

    func code() async -> ExitCode { await life.value }

    /// Waits for the record to be as wanted.
    func record(where isWanted: (InstanceRecord) -> Bool) async throws -> InstanceRecord {
        try await eventually { directory.records().contains(where: isWanted) }
        return try #require(directory.records().first)
    }
}

/// Waits for a condition, a minute at most.
func eventually(_ condition: () -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while !condition() {
        try #require(ContinuousClock.now < deadline, "not within a minute")
        try await Task.sleep(for: .milliseconds(10))
    }
}

private func ask(_ url: String, post token: String? = nil) async throws -> (Int, String) {
    let session = URLSession(configuration: .ephemeral)
    defer { session.invalidateAndCancel() }
    var request = URLRequest(url: try #require(URL(string: url)))
    if let token {
        request.httpMethod = "POST"
        request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
    }
    let (data, response) = try await session.data(for: request)
    return (try #require(response as? HTTPURLResponse).statusCode, String(decoding: data, as: UTF8.self))
}

func status(of url: String) async throws -> Int { try await ask(url).0 }
func body(of url: String) async throws -> String { try await ask(url).1 }

/// What `POST /-/reload` answers.
struct ReloadAnswer: Decodable, Equatable {
    struct Rejection: Decodable, Equatable {
        var path: String
        var error: String
    }

    var applied: [String]
    var requiresRestart: [String]
    var rejected: [Rejection]
    var configVersion: String
}

func reload(_ url: String, token: String = FrameRun.token) async throws -> (status: Int, answer: ReloadAnswer) {
    let (status, text) = try await ask(url + "/-/reload", post: token)
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return (status, try decoder.decode(ReloadAnswer.self, from: Data(text.utf8)))
}
