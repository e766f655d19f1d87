import Foundation
import IOLoop
import MQTT
import Processes
import Spool
import StageRuntime
import TestServers
import Testing

/// The built executable, in a folder of its own, to be killed and started again with the same spool and session.
final class IngestProcess: Sendable {
    let directory: String
    let broker: UInt16
    let version: String

    init(broker: UInt16, version: String = "5") throws {
        directory = try TestDirectory.make()
        self.broker = broker
        self.version = version
    }

    var registry: String { "\(directory)/registry" }

    /// - Parameter file: a `sluice.yaml`, for what is to change while it runs.
    func start(
        _ instance: String = "ingest-1", fault: String? = nil, settings: [String] = [], file: String? = nil
    ) throws -> ChildProcess {
        let fixed = [
            "mqtt.url=mqtt://127.0.0.1:\(broker)", "mqtt.version=\(version)", "http.port=0",
            "mqtt_ingest.spool.directory=\(directory)/spool", "mqtt_ingest.client_id=\(instance)-\(clientID)",
        ]
        let flags = (fixed + settings).flatMap { ["--set", $0] } + (file.map { ["--config", $0] } ?? [])
        let environment = fault.map { ["SLUICE_FAULT": $0] } ?? [:]
        return try ChildProcess.spawn(
            Command(
                Self.executable, ["--instance", instance, "--registry", registry] + flags, environment: environment,
                directory: directory, output: .appended(to: "\(directory)/log")))
    }

    /// Starts it, waits until it is subscribed, and stops it: from now on the broker queues for it.
    func establishSession() async throws {
        let child = try start()
        try await ready()
        let status = await child.stop(within: .seconds(60))
        #expect(status.isSuccess)
    }

    /// Waits until its readiness check `mqtt` is good: connected and subscribed.
    func ready() async throws {
        try await eventually { try await page("/readyz/mqtt").isReady }
    }

    /// What `/readyz/spool` answers; nothing while the service does not run.
    func spoolPage() async throws -> (isReady: Bool, text: String) { try await page("/readyz/spool") }

    /// Readings in the spool, whoever has it open.
    func spooled(_ instance: String = "ingest-1") async throws -> Int {
        try SpoolReader(path: "\(directory)/spool/\(instance).sqlite").status().weight
    }

    /// In the middle of what SQLite has not yet moved into the database.
    func flipBitInLog() throws {
        let log = URL(filePath: "\(directory)/spool/ingest-1.sqlite-wal")
        var bytes = try Data(contentsOf: log)
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: log)
    }

    /// What `/readyz?verbose` says.
    func readiness() async throws -> String { try await page("/readyz?verbose").text }

    /// What `POST /-/reload` answers.
    func reload(token: String) async throws -> String {
        guard let url = InstanceDirectory(path: registry).records().first?.url else { return "" }
        let command = Command(
            "/usr/bin/curl", ["-s", "-X", "POST", "-H", "Authorization: Bearer \(token)", "\(url)/-/reload"])
        return try await command.run().text
    }

    /// What a GET of the path answers.
    func text(_ path: String) async throws -> String { try await page(path).text }

    private func page(_ path: String) async throws -> (isReady: Bool, text: String) {
        guard let record = InstanceDirectory(path: registry).records().first, record.isAlive, let url = record.url
        else { return (false, "") }
        let page = try await Command("/usr/bin/curl", ["-s", "--fail-with-body", "\(url)\(path)"]).run()
        return (page.status.isSuccess, page.text)
    }

    var log: String { (try? String(contentsOfFile: "\(directory)/log", encoding: .utf8)) ?? "" }

    private var clientID: String { String(directory.filter { $0.isLetter || $0.isNumber }.suffix(12)) }

    /// Beside the tests: both are products of one build.
    private static var executable: String {
        let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path
        let candidates = [folder, FileManager.default.currentDirectoryPath + "/.build/debug"]
        return candidates.map { "\($0)/mqtt-ingest" }.first(where: FileManager.default.isExecutableFile) ?? ""
    }
}

/// Publishes numbers, each as one reading.
@IOThread
func publish(
    _ numbers: Range<Int>, to port: UInt16, qos: MQTTQoS = .atLeastOnce, version: MQTTVersion = .v5,
    topic: String = "sensors/device/counter", padding: Int = 0
) async throws {
    var options = MQTTOptions(host: "127.0.0.1", port: port, clientID: "publisher-\(UInt32.random(in: 0...(.max)))")
    options.version = version
    let client = try MQTTClient(options)
    client.connect()
    try await eventually { client.state == .connected }
    let rest = padding == 0 ? "" : ",\"metadata\":{\"pad\":\"\(String(repeating: "x", count: padding))\"}"
    for number in numbers {
        await client.room()
        try client.publish(topic: topic, payload: Array("{\"value\":\(number)\(rest)}".utf8), qos: qos)
    }
    await client.allConfirmed()
    client.close()
}
