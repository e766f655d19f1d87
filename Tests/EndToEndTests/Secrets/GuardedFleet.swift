import Foundation
import HTTPEndpoints
import Processes
import TestServers

/// All services as processes of their own, with one file of settings that holds every secret there is.
final class GuardedFleet {
    static let services = [
        "mqtt-ingest", "preprocessor", "anomaly-detector", "storage-writer", "aggregator", "health-monitor",
        "edge-processor",
    ]

    let folder: String
    private var processes: [ChildProcess] = []

    /// - Parameter settings: of the folder with everything in it.
    init(_ settings: (_ folder: String) -> String) throws {
        folder = try TestDirectory.make()
        try settings(folder).write(toFile: "\(folder)/sluice.yaml", atomically: true, encoding: .utf8)
        for service in Self.services {
            let process = try ChildProcess.spawn(
                Command(
                    Shell.product(service).path,
                    ["--instance", "\(service)-1", "--config", "\(folder)/sluice.yaml", "--registry", registry],
                    output: .appended(to: log(service))))
            ExitCleanup.add(process)
            processes.append(process)
        }
    }

    var registry: String { "\(folder)/registry" }

    func log(_ service: String) -> String { "\(folder)/\(service).log" }

    func logText(_ service: String) -> String {
        (try? String(contentsOfFile: log(service), encoding: .utf8)) ?? ""
    }

    func stop() async {
        for process in processes { await process.stop(within: .seconds(60)) }
    }

    /// Of a page; nil while the service does not listen.
    func page(_ service: String, _ path: String) async -> HTTPReply? {
        struct Record: Decodable { var url: String? }
        guard let data = FileManager.default.contents(atPath: "\(registry)/\(service)-1.json"),
            let url = (try? JSONDecoder().decode(Record.self, from: data))?.url.flatMap({ URL(string: $0) }),
            let port = url.port
        else { return nil }
        return try? await OperatorClient().get([path], host: "127.0.0.1", port: port, within: .seconds(20))[0]
    }

    /// - Returns: the status with which somebody was answered who has no token but thinks so.
    func post(_ service: String, _ path: String, token: String, body: String) async throws -> String {
        struct Record: Decodable { var url: String }
        let data = FileManager.default.contents(atPath: "\(registry)/\(service)-1.json") ?? Data()
        let url = try JSONDecoder().decode(Record.self, from: data).url
        return try await Shell.succeed(
            URL(filePath: "/usr/bin/curl"),
            ["-sS", "-o", "/dev/null", "-w", "%{http_code}", "-H", "Content-Type: application/json"]
                + ["-H", "Authorization: Bearer \(token)", "-d", body, url + path])
    }

    func isReady(_ service: String) async -> Bool { await page(service, "/readyz")?.status == 200 }

    /// All that somebody who looks can see, by where it stands.
    func everythingShown() async -> [(place: String, text: String)] {
        var shown: [(String, String)] = []
        for service in Self.services {
            for path in ["/config", "/healthz", "/metrics", "/readyz?verbose", "/version", "/ledger"] {
                if let reply = await page(service, path) { shown.append(("\(service)\(path)", reply.body)) }
            }
            shown.append(("the log of \(service)", logText(service)))
        }
        for path in ["/", "/api/status", "/api/alerts", "/api/devices", "/api/dlq", "/api/history", "/api/session"] {
            if let reply = await page("health-monitor", path) { shown.append(("health-monitor\(path)", reply.body)) }
        }
        for path in ["/api/silences", "/api/openapi.json", "/api/devices/boiler-1", "/api/series/boiler-1/temperature"]
        {
            if let reply = await page("health-monitor", path) { shown.append(("health-monitor\(path)", reply.body)) }
        }
        // Of an alert that a webhook was told of.
        let alerts = await page("health-monitor", "/api/alerts")?.body ?? ""
        for alert in alerts.matches(of: #/"id":"([^"]+)"/#).prefix(3) {
            let path = "/api/alerts/\(alert.1)"
            if let reply = await page("health-monitor", path) { shown.append(("health-monitor\(path)", reply.body)) }
        }
        for process in processes {
            let line = FileManager.default.contents(atPath: "/proc/\(process.pid)/cmdline") ?? Data()
            shown.append(("the command line of \(process.pid)", String(decoding: line, as: UTF8.self)))
        }
        for file in (try? FileManager.default.contentsOfDirectory(atPath: registry)) ?? [] {
            let text = try? String(contentsOfFile: "\(registry)/\(file)", encoding: .utf8)
            shown.append(("the record \(file)", text ?? ""))
        }
        return shown
    }
}
