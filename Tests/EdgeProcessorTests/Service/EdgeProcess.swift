import EdgeProcessor
import Foundation
import IOLoop
import MQTT
import Processes
import TestServers
import Testing

/// The built executable, in a folder of its own, to be killed and started again with the same spool and session.
final class EdgeProcess: Sendable {
    let directory: String
    let settings: [String]

    init(local: UInt16, uplink: UInt16, settings: [String] = []) throws {
        directory = try TestDirectory.make()
        self.settings =
            [
                "http.port=0", "edge_processor.spool.file=\(directory)/spool.sqlite", "edge_processor.gateway=gw",
                "edge_processor.local.url=mqtt://127.0.0.1:\(local)",
                "edge_processor.uplink.url=mqtt://127.0.0.1:\(uplink)",
            ] + settings
    }

    private var flags: [String] {
        ["--instance", "edge-\(directory.suffix(8))", "--registry", "\(directory)/registry"]
            + settings.flatMap { ["--set", $0] }
    }

    func start() throws -> ChildProcess {
        try ChildProcess.spawn(
            Command(Self.executable, flags, directory: directory, output: .appended(to: "\(directory)/log")))
    }

    /// With a file as its standard input, through a shell; returns whether it ended well.
    func run(input: String) async throws -> Bool {
        let quoted = ([Self.executable] + flags + ["--set", "edge_processor.input=stdin"]).map { "'\($0)'" }
        let line = quoted.joined(separator: " ") + " < '\(input)' >> '\(directory)/log' 2>&1"
        return try await Command("/bin/sh", ["-c", line], directory: directory).run().status.isSuccess
    }

    var log: String { (try? String(contentsOfFile: "\(directory)/log", encoding: .utf8)) ?? "" }

    /// Of its HTTP server; nil while it has said none.
    var url: String? { log.matches(of: /"url":"(http:[^"]+)"/).last.map { String($0.output.1) } }

    /// A figure that has no labels; 0 while it is not answered.
    func metric(_ name: String) async throws -> Int {
        guard let url = log.matches(of: /"url":"(http:[^"]+)"/).last?.output.1 else { return 0 }
        let text = try await Command("/usr/bin/curl", ["-s", "\(url)/metrics"]).run().text
        let line = text.split(separator: "\n").first { $0.hasPrefix(name + " ") }
        return line?.split(separator: " ").last.flatMap { Int($0) } ?? 0
    }

    /// Another one than the debug build's.
    static var namedExecutable: String? { ProcessInfo.processInfo.environment["EDGE_PROCESSOR"] }

    /// Beside the tests: both are products of one build.
    private static var executable: String {
        if let namedExecutable { return namedExecutable }
        let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path
        let candidates = [folder, FileManager.default.currentDirectoryPath + "/.build/debug"]
        return candidates.map { "\($0)/edge-processor" }.first(where: FileManager.default.isExecutableFile) ?? ""
    }
}

/// Hears what mqtt-ingest would, and leaves out what it knows already.
@IOThread
final class Centre {
    struct Heard: Sendable, Equatable {
        var topic: String
        var payload: String
        var delivery: String
    }

    private(set) var heard: [Heard] = []
    private(set) var repeated = 0
    private var known: Set<String> = []
    /// How often the broker has taken our subscriptions.
    private(set) var subscribed = 0
    private let client: MQTTClient

    /// With a session that outlives restarts of a broker with persistence; to others it subscribes anew.
    init(port: UInt16) async throws {
        var options = MQTTOptions(host: "127.0.0.1", port: port, clientID: "centre")
        options.session = .persistent(expiry: .seconds(3_600))
        client = try MQTTClient(options)
        client.onMessage = { [unowned self] message in
            let delivery = message.userProperty("sluice-edge") ?? ""
            guard known.insert(delivery).inserted else {
                repeated += 1
                return
            }
            heard.append(
                Heard(
                    topic: String(decoding: message.topic, as: UTF8.self),
                    payload: String(decoding: message.payload, as: UTF8.self), delivery: delivery))
        }
        client.onEvent = { [unowned self] event in
            guard case .connected(sessionPresent: false) = event else { return }
            IOThread.task { await self.subscribe() }
        }
        client.connect()
        try await eventually { subscribed > 0 }
    }

    private func subscribe() async {
        let filters = ["sensors/#", "devices/#"].map { MQTTSubscription(filter: $0) }
        // Should the connection break, the next one subscribes.
        if (try? await client.subscribe(filters)) != nil { subscribed += 1 }
    }

    func close() { client.close() }

    /// `raw_value` of each reading.
    var values: [Int] { heard.compactMap(Self.value) }

    static func value(of heard: Heard) -> Int? {
        heard.payload.firstMatch(of: /"raw_value":([0-9]+)/).flatMap { Int($0.output.1) }
    }

    var numbers: [Int] { heard.compactMap { Int($0.delivery.split(separator: ":").last ?? "") } }
}

/// Waits for a condition, generously: the machine may be busy.
@IOThread
func eventually(
    within limit: Duration = .seconds(60), _ condition: @IOThread () async throws -> Bool,
    sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        try #require(ContinuousClock.now < deadline, "the condition did not come true", sourceLocation: sourceLocation)
        await EventLoop.sleep(for: .milliseconds(20))
    }
}
