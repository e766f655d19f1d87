import Foundation
import Glibc
import LocalServers
import Processes

/// A namespace as a machine: its own interfaces, addresses, loopback and `/etc/hosts`.
struct NetworkHost: Sendable {
    let name: String
    let namespace: String
    let address: String
    /// Of its interface.
    let hardware: String

    /// The same command, run on this host. The process id stays the program's own.
    func command(_ command: Command) -> Command {
        var words = [command.executable] + command.arguments
        if let user = command.user {
            // Entering a namespace takes root; who changes accounts loses the death signal and asks for it again.
            words =
                ["setpriv", "--reuid=\(user.userID)", "--regid=\(user.groupID)", "--clear-groups"]
                + ["--pdeathsig=\(command.deathSignal == SIGINT ? "INT" : "KILL")", "--"] + words
        }
        var inside = command
        inside.executable = IPCommand.path ?? "ip"
        inside.arguments = ["netns", "exec", namespace] + words
        inside.user = nil
        return inside
    }

    @discardableResult
    func succeed(_ words: String...) async throws -> String {
        try await Shell.succeed(
            URL(filePath: IPCommand.path ?? "ip"), ["netns", "exec", namespace] + words
        ).trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Says what names mean on this host: `/etc/hosts`, which every look-up reads anew. The file is written in place,
    /// as running programs have this one mounted.
    func setNames(_ names: [String: [String]]) throws {
        let folder = "/etc/netns/\(namespace)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let lines = names.sorted { $0.key < $1.key }.flatMap { name, addresses in addresses.map { "\($0) \(name)\n" } }
        try Data(("127.0.0.1 localhost\n" + lines.joined()).utf8).write(
            to: URL(filePath: "\(folder)/hosts"), options: [])
    }

    /// The code that a service on this host answers for a path, `000` when it does not.
    func answer(_ port: Int, _ path: String) async throws -> String {
        let words = ["-s", "-m", "2", "-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1:\(port)\(path)"]
        return try await Shell.run(
            URL(filePath: IPCommand.path ?? "ip"), ["netns", "exec", namespace, "curl"] + words
        ).output
    }

    func isReady(_ service: HostedService) async throws -> Bool {
        try await answer(service.port, "/readyz") == "200"
    }
}

/// A server of ours on a host, open to its network.
struct HostedServer: LocalServer {
    let host: NetworkHost
    let server: any LocalServer
    /// Added to the command line.
    var options: [String] = []
    /// Added to a file in the server's folder, once it is prepared.
    var addition: (file: String, text: String)?
    let directory: String

    var name: String { server.name }
    var port: UInt16 { server.port }
    var stopSignal: Int32 { server.stopSignal }

    var command: Command {
        var command = server.command
        command.arguments += options
        return host.command(command)
    }

    func prepare() async throws {
        try await server.prepare()
        guard let addition else { return }
        let file = try FileHandle(forUpdating: URL(filePath: "\(directory)/\(addition.file)"))
        try file.seekToEnd()
        try file.write(contentsOf: Data(addition.text.utf8))
        try file.close()
    }

    /// It takes connections on this host.
    func answers(as pid: Int32) -> Bool {
        let probe = Process()
        probe.executableURL = URL(filePath: IPCommand.path ?? "ip")
        probe.arguments = ["netns", "exec", host.namespace, "bash", "-c", ": </dev/tcp/127.0.0.1/\(port)"]
        probe.standardError = FileHandle.nullDevice
        guard (try? probe.run()) != nil else { return false }
        probe.waitUntilExit()
        return probe.terminationStatus == 0
    }
}
