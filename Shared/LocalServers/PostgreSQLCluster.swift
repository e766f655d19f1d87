import FoundationEssentials
internal import Glibc
public import Processes

/// Makes a data directory with its user and database, all or nothing.
struct PostgreSQLCluster {
    let directory: String
    let user: UserAccount?
    let durability: PostgreSQLServer.Durability

    /// Until the rename, a crash leaves only a folder that the next start throws away.
    private var unfinished: String { directory + ".unfinished" }

    func create() async throws {
        let files = FileManager.default
        if files.fileExists(atPath: unfinished) { try files.removeItem(atPath: unfinished) }
        try files.createDirectory(atPath: unfinished, withIntermediateDirectories: true)
        try user?.own(unfinished)
        try await initialise()
        try await createDatabase()
        // An empty folder may stand where the data directory goes.
        rmdir(directory)
        try files.moveItem(atPath: unfinished, toPath: directory)
    }

    private func initialise() async throws {
        let program = try ServerProgram.postgreSQL("initdb").path()
        var arguments = ["-D", unfinished, "-U", PostgreSQLServer.account, "--auth=trust"]
        arguments += ["--encoding=UTF8", "--locale=C.UTF-8", "--no-instructions"]
        if durability == .disposable { arguments.append("--no-sync") }
        try await Command(program, arguments, directory: "/", user: user).runForPostgreSQL()
    }

    /// In single-user mode, so that a data directory without the database never exists.
    private func createDatabase() async throws {
        let statement = unfinished + ".sql"
        try "CREATE DATABASE \(PostgreSQLServer.account)\n".write(toFile: statement, atomically: true, encoding: .utf8)
        defer { unlink(statement) }
        let program = try ServerProgram.postgreSQL("postgres").path()
        try await Command(
            program, ["--single", "-D", unfinished, "-c", "exit_on_error=true", "template1"], directory: "/",
            input: statement, user: user
        ).runForPostgreSQL()
    }

}

extension Command {
    /// Runs one of PostgreSQL's programs to its end.
    ///
    /// - Throws: ``LocalServerError`` with its last words.
    fileprivate func runForPostgreSQL() async throws {
        let (status, text) = try await run()
        guard status.isSuccess else {
            let program = URL(filePath: executable).lastPathComponent
            throw LocalServerError(
                server: "postgresql", reason: .failed("\(program) ended with \(status)"),
                lastLines: text.split(separator: "\n").suffix(10))
        }
    }
}

extension PostgreSQLServer {
    /// Adds an empty database to a running server of ours.
    ///
    /// - Throws: ``LocalServerError`` with what `createdb` said.
    public static func createDatabase(_ name: String, port: UInt16) async throws {
        let program = try ServerProgram.postgreSQL("createdb").path()
        let arguments = ["-h", "127.0.0.1", "-p", "\(port)", "-U", account, name]
        try await Command(program, arguments, directory: "/").runForPostgreSQL()
    }
}

extension PostgreSQLServer {
    /// Copies a running server of ours to a standby that follows it. Start it like any other.
    ///
    /// - Throws: ``LocalServerError`` with what `pg_basebackup` said.
    public func makeStandby(directory: String, port: UInt16) async throws -> PostgreSQLServer {
        let standby = try PostgreSQLServer(directory: directory, port: port, durability: durability)
        // PostgreSQL refuses a folder that others may look into.
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        try command.user?.own(directory)
        let program = try ServerProgram.postgreSQL("pg_basebackup").path()
        let arguments = [
            "-D", directory, "-h", "127.0.0.1", "-p", "\(self.port)", "-U", Self.account, "--write-recovery-conf",
            "--checkpoint=fast",
        ]
        try await Command(program, arguments, directory: "/", user: command.user).runForPostgreSQL()
        return standby
    }

    /// The account that owns its files; nil where it is this process's.
    public var account: UserAccount? { command.user }
}
