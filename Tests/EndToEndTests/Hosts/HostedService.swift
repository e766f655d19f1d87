import Foundation
import Processes
import TestServers

/// A service on a host, started as its operator would: a configuration with names, no registry.
final class HostedService: Sendable {
    let name: String
    let host: NetworkHost
    /// Of its HTTP server, on the host's loopback.
    let port: Int
    let log: String
    private let process: ChildProcess

    init(_ name: String, instance: Int = 1, on host: NetworkHost, port: Int, configuration: String) throws {
        self.name = name
        self.host = host
        self.port = port
        log = "\(try TestDirectory.make())/\(name)-\(instance).log"
        let command = Command(
            Shell.product(name).path,
            ["--instance", "\(name)-\(instance)", "--config", configuration]
                + ["--set", "\(name.replacing("-", with: "_")).http.port=\(port)"],
            output: .appended(to: log))
        process = try ChildProcess.spawn(host.command(command))
        ExitCleanup.add(process)
    }

    func stop() async {
        await process.stop(within: .seconds(30))
    }

    func waitUntilReady(within seconds: Double = 30) async throws {
        guard try await eventually(within: seconds, { try await host.isReady(self) }) else {
            let state = try await host.succeed("curl", "-s", "-m", "2", "http://127.0.0.1:\(port)/readyz?verbose")
            throw CommandFailure(description: "\(name) on \(host.name) is not ready:\n\(state)\n\(lastLines)")
        }
    }

    var lastLines: String {
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        return "── \(log)\n" + text.split(separator: "\n").suffix(8).joined(separator: "\n")
    }
}
