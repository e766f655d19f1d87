import FoundationEssentials
public import Glibc

/// What to run, as whom, and where its output goes.
public struct Command: Sendable {
    public var executable: String
    public var arguments: [String]
    /// Added to the environment of this process.
    public var environment: [String: String]
    public var directory: String?
    /// File read as standard input; nothing when absent.
    public var input: String?
    public var output: Output
    /// Account to run as; that of this process when absent.
    public var user: UserAccount?
    /// Sent by the kernel when this process ends, however it ends.
    public var deathSignal: Int32

    /// Where standard output and standard error go.
    public enum Output: Sendable {
        case inherited
        case discarded
        case appended(to: String)
    }

    public init(
        _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:],
        directory: String? = nil, input: String? = nil, output: Output = .inherited, user: UserAccount? = nil,
        deathSignal: Int32 = SIGTERM
    ) {
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
        self.input = input
        self.output = output
        self.user = user
        self.deathSignal = deathSignal
    }

    /// Runs to the end and returns how it ended and what it wrote.
    ///
    /// - Throws: ``SpawnError``.
    public func run() async throws -> (status: ExitStatus, text: String) {
        let file = FileManager.default.temporaryDirectory.appending(path: "output-\(UUID().uuidString)").path
        defer { unlink(file) }
        var command = self
        command.output = .appended(to: file)
        let status = await (try ChildProcess.spawn(command)).exitStatus()
        let bytes = FileManager.default.contents(atPath: file) ?? Data()
        return (status, String(decoding: bytes, as: UTF8.self))
    }
}
