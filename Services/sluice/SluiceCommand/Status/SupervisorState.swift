import FoundationEssentials
import Glibc
import Processes

/// What `sluice up` writes to its data directory at every change, for `status` and `down` to read.
struct SupervisorState: Codable, Sendable {
    enum Phase: String, Codable {
        case starting
        case ready
        case stopping
        case stopped
    }

    var supervisor: ProcessIdentity
    var phase: Phase
    var servers: [ProcessState]
    var services: [ProcessState]
    /// Simulated sensors, while there are any.
    var simulator: ProcessState?
    /// With user and password, as clients need it; shown to nobody.
    var brokerURL: String
    var infrastructure: Infrastructure
    var dashboard: String
    /// With the operators' token that the services were given; nil where the settings have one.
    var operatorTokenFile: String?
    /// The last request to scale that was dealt with.
    var scaled: ScaleOutcome?
    /// A sentence on what the services were still waiting for when their time to become ready was over.
    var awaited: String?

    /// `nil` when no Sluice ever ran there, or the file is not ours.
    static func read(_ directory: DataDirectory) -> SupervisorState? {
        // A file of another version says nothing that this one could use.
        try? readJSON(SupervisorState.self, from: directory.state)
    }

    /// The same, for whoever must not take what another user runs for nothing.
    ///
    /// - Throws: ``SystemCallError`` when there is a file that this user may not read.
    static func readable(_ directory: DataDirectory) throws -> SupervisorState? {
        guard access(directory.state, R_OK) == 0 || errno == ENOENT else {
            throw SystemCallError(call: "read", subject: directory.state)
        }
        return read(directory)
    }

    /// Everything that was started, in the order in which it is to stop.
    var processes: [ProcessState] { [simulator].compactMap { $0 } + services + servers }
}

/// One supervised process.
struct ProcessState: Codable, Sendable {
    enum Phase: String, Codable {
        case starting
        case running
        /// Ended unasked, and waiting for its next start.
        case restarting
        /// Not to be started again: its configuration is refused.
        case failed
        case stopped
    }

    /// The service, such as `mqtt-ingest`.
    var name: String
    /// This one of it, such as `mqtt-ingest-1`.
    var instance: String
    /// The latest process, alive or not.
    var process: ProcessIdentity?
    var phase: Phase
    var restarts: Int
    var url: String?
}

/// Where brokers and stores are, in the shape that `status --json` shows.
struct Infrastructure: Codable, Sendable {
    struct Broker: Codable, Sendable {
        var host: String
        var port: Int
        var pid: Int32?
    }

    struct Store: Codable, Sendable {
        var url: String
        var pid: Int32?
    }

    var mqtt: Broker
    var postgres: Store
    var redis: Store
}
