import Foundation
public import LocalServers
public import Processes

/// A PostgreSQL with a certificate.
public struct SecuredPostgreSQL: LocalServer {
    private let base: PostgreSQLServer
    private let certificates: Certificates

    public init(base: PostgreSQLServer, _ certificates: Certificates) {
        self.base = base
        self.certificates = certificates
    }

    public var name: String { base.name }
    public var port: UInt16 { base.port }
    public var stopSignal: Int32 { base.stopSignal }
    /// As the one who may do everything, without a password.
    public var url: String { base.url }

    public var command: Command {
        var command = base.command
        for setting in ["ssl=on", "ssl_cert_file=server.pem", "ssl_key_file=server.key"] {
            command.arguments += ["-c", setting]
        }
        return command
    }

    /// It reads a key that is its own account's alone.
    public func prepare() async throws {
        try await base.prepare()
        for file in ["server.pem", "server.key"] {
            let copy = "\(base.directory)/\(file)"
            try FileManager.default.copyItem(atPath: certificates.path(file), toPath: copy)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: copy)
            try base.account?.own(copy)
        }
    }

    /// From then on others than ``PostgreSQLServer/account`` need TLS and their password.
    ///
    /// - Throws: the error of the file system.
    public func demandPasswords(of running: RunningServer) throws {
        let rules = "host all \(PostgreSQLServer.account) all trust\nhostssl all all all scram-sha-256\n"
        try Data(rules.utf8).write(to: URL(filePath: "\(base.directory)/pg_hba.conf"), options: [])
        running.process.signal(SIGHUP)
    }

    public func answers(as pid: Int32) -> Bool { base.answers(as: pid) }
}
