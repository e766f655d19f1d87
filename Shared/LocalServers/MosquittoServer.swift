import FoundationEssentials
import Glibc
public import Processes

/// A private MQTT broker on the loopback interface.
public struct MosquittoServer: LocalServer {
    public enum Persistence: Sendable {
        /// Sessions and what is queued for them survive a restart, all but the last minute a kill.
        case saved
        /// Whatever ends it, it begins anew.
        case none
    }

    public let name = "mosquitto"
    public let port: UInt16
    public let directory: String
    public let command: Command
    public let stopSignal: Int32 = SIGTERM
    private let persistence: Persistence

    /// - Throws: ``LocalServerError`` when mosquitto is not installed.
    public init(directory: String, port: UInt16, persistence: Persistence = .saved) throws {
        self.persistence = persistence
        self.directory = directory
        self.port = port
        command = Command(try ServerProgram.mosquitto.path(), ["-c", "\(directory)/mosquitto.conf"])
    }

    public func prepare() throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try configuration.write(toFile: "\(directory)/mosquitto.conf", atomically: true, encoding: .utf8)
    }

    public func answers(as pid: Int32) -> Bool { LoopbackProbe.mqttAnswers(at: port) }

    /// Mosquitto's own defaults (1,000 queued, 20 in flight, nothing on disk, Nagle on) undo QoS 1.
    private var configuration: String {
        """
        # Written at each start; changes here are lost.
        listener \(port) 127.0.0.1
        allow_anonymous true
        set_tcp_nodelay true

        # With it sessions and what is queued for them survive a restart.
        persistence \(persistence == .saved)
        persistence_location \(directory)/
        autosave_interval 60

        # While ingest is away, the broker holds up to 1 GiB for it.
        max_queued_messages 10000000
        max_queued_bytes 1073741824
        # What MQTT 5 allows, so that many messages share one commit of the spool.
        max_inflight_messages 65535
        max_keepalive 65535

        log_dest stderr
        log_timestamp_format %Y-%m-%dT%H:%M:%S
        log_type error
        log_type warning
        log_type notice
        connection_messages false
        \(UserAccount.isSuperuser ? "# The data directory is root's.\nuser root" : "")
        """ + "\n"
    }
}
