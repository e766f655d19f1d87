import FoundationEssentials
import Glibc
public import Processes

/// A private Redis on the loopback interface: a cache, so nothing is written while it runs.
///
/// An orderly stop saves once, so that detectors keep what they learnt over a planned restart.
public struct RedisServer: LocalServer {
    public let name = "redis"
    public let port: UInt16
    public let directory: String
    public let command: Command
    public let stopSignal: Int32 = SIGTERM

    /// - Throws: ``LocalServerError`` when Redis is not installed.
    public init(directory: String, port: UInt16) throws {
        self.directory = directory
        self.port = port
        command = Command(try ServerProgram.redis.path(), ["\(directory)/redis.conf"])
    }

    public var url: String { "redis://127.0.0.1:\(port)" }

    public func prepare() throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try configuration.write(toFile: "\(directory)/redis.conf", atomically: true, encoding: .utf8)
    }

    public func answers(as pid: Int32) -> Bool { LoopbackProbe.redisAnswers(at: port) }

    private var configuration: String {
        """
        # Written at each start; changes here are lost.
        bind 127.0.0.1
        port \(port)
        daemonize no
        dir "\(directory)"
        databases 1024
        appendonly no
        save ""
        shutdown-on-sigterm save
        # Only what expires anyway may be evicted; statistics of detectors stay.
        maxmemory 512mb
        maxmemory-policy volatile-lru
        """ + "\n"
    }
}
