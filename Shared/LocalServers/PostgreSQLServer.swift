import FoundationEssentials
import Glibc
public import Processes

/// A private PostgreSQL on the loopback interface.
///
/// PostgreSQL refuses to run as root; then it runs as `postgres`, or `nobody`, who owns the data directory.
public struct PostgreSQLServer: LocalServer {
    /// Whether commits survive the machine's power failing; tests need not pay for that.
    public enum Durability: Sendable {
        case durable
        case disposable
    }

    public let name = "postgresql"
    public let port: UInt16
    /// Must be absolute, and reachable for the account that PostgreSQL runs as.
    public let directory: String
    public let durability: Durability
    public let command: Command
    /// PostgreSQL's fast shutdown: sessions are ended, data are written.
    public let stopSignal: Int32 = SIGINT

    /// User and database of this name are made with the data directory.
    public static let account = "sluice"

    /// - Throws: ``LocalServerError`` when PostgreSQL is not installed, or nobody is there to run it.
    public init(directory: String, port: UInt16, durability: Durability = .durable) throws {
        self.directory = directory
        self.port = port
        self.durability = durability
        let settings = Self.settings(port: port, durability: durability)
        command = Command(
            try ServerProgram.postgreSQL("postgres").path(), ["-D", directory] + settings.flatMap { ["-c", $0] },
            directory: "/", user: try Self.unprivilegedUser(), deathSignal: SIGINT)
    }

    public var url: String { url(database: Self.account) }

    public func url(database: String) -> String {
        "postgres://\(Self.account)@127.0.0.1:\(port)/\(database)"
    }

    public func prepare() async throws {
        if FileManager.default.fileExists(atPath: "\(directory)/PG_VERSION") {
            await PostmasterFile(directory: directory).settle()
        } else {
            try await PostgreSQLCluster(directory: directory, user: command.user, durability: durability).create()
        }
    }

    public func answers(as pid: Int32) -> Bool {
        PostmasterFile(directory: directory).saysReady(pid: pid)
    }

    /// The account for PostgreSQL, or `nil` where this process is unprivileged itself.
    ///
    /// - Throws: ``LocalServerError`` when there is neither `postgres` nor `nobody`.
    static func unprivilegedUser() throws -> UserAccount? {
        guard UserAccount.isSuperuser else { return nil }
        guard let user = UserAccount(named: "postgres") ?? UserAccount(named: "nobody") else {
            let reason = "it refuses to run as root, and there is no user postgres or nobody"
            throw LocalServerError(server: "postgresql", reason: .failed(reason))
        }
        return user
    }

    private static func settings(port: UInt16, durability: Durability) -> [String] {
        let synced = durability == .durable ? "on" : "off"
        return [
            "port=\(port)", "listen_addresses=127.0.0.1", "unix_socket_directories=",
            "fsync=\(synced)", "synchronous_commit=\(synced)", "full_page_writes=\(synced)",
            "max_connections=60", "shared_buffers=128MB", "work_mem=16MB", "maintenance_work_mem=64MB",
            // A query over years of daily partitions locks each of them.
            "max_locks_per_transaction=1024",
            // Checkpoints by time rather than by volume: fewer full pages in the log under a steady load.
            "max_wal_size=2GB", "checkpoint_timeout=15min", "wal_compression=on",
            "jit=off", "track_commit_timestamp=on", "timezone=UTC", "log_timezone=UTC", "log_checkpoints=off",
            "logging_collector=off",
            "log_line_prefix=%m [%p] ",
        ]
    }
}
