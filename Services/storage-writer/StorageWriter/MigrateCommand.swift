public import ArgumentParser
internal import IOLoop
internal import PostgreSQL
internal import Schema
internal import Settings
internal import StageRuntime

/// `storage-writer migrate`
public struct MigrateCommand: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Brings the database to this version's schema, and says who may use it.",
        discussion: """
            storage-writer does the same when it connects, if its role may. Where the roles are separate, run this as the owner of \
            the tables before each update, and services as a role that only writes. The roles must exist: CREATE ROLE … LOGIN.

            Of the settings it reads the section postgres alone, and with --url none: the owner's address and password are not \
            those of the services.

            EXAMPLES
              storage-writer migrate --password-file owner.password --writer sluice --reader sluice_reader \\
                --url 'postgres://sluice_owner@db/sluice?sslmode=verify-full&sslrootcert=/etc/sluice/ca.pem'
              storage-writer migrate --writer sluice
            """)

    @OptionGroup var options: ServiceOptions

    @Option(
        help: ArgumentHelp(
            "The database as its owner, in the place of that of the settings: postgres://user@host/name?sslmode=verify-full.",
            valueName: "url"))
    var url: String?

    @Option(help: ArgumentHelp("The owner's password, in the place of that of the settings.", valueName: "file"))
    var passwordFile: String?

    @Option(help: ArgumentHelp("A role for services. May be repeated.", valueName: "role"))
    var writer: [String] = []

    @Option(help: ArgumentHelp("A role for people and dashboards. May be repeated.", valueName: "role"))
    var reader: [String] = []

    public init() {}

    public func validate() throws {
        guard let url, Redaction.withoutPassword(url) != url else { return }
        throw ValidationError("a command line is for everybody to see: give the password by --password-file.")
    }

    public func run() async throws {
        print(try await Self.migrate(try settings(), writers: writer, readers: reader))
    }

    private func settings() throws -> PostgreSQLSettings {
        var overrides = passwordFile.map { ["\(Database.section).postgres.password_file=\($0)"] } ?? []
        guard let url else {
            return try options.decode(Database.self, judging: "postgres", overriding: overrides).postgres
        }
        overrides.append("postgres.url=\(url)")
        return try ServiceOptions.decode(Database.self, of: overrides).postgres
    }

    @IOThread
    private static func migrate(
        _ settings: PostgreSQLSettings, writers: [String], readers: [String]
    ) async throws -> String {
        let connection = try await PostgreSQLConnection.connect(
            PostgreSQLConfiguration(settings, applicationName: "sluice storage-writer migrate"))
        defer { connection.close() }
        var lines = try await Migrations.apply(on: connection).map { "applied \($0.number) (\($0.name))" }
        if lines.isEmpty { lines = ["the schema is that of this version"] }
        for role in writers {
            try await RoleGrants.grant(.writing, to: role, on: connection)
            lines.append("\(role) may write")
        }
        for role in readers {
            try await RoleGrants.grant(.reading, to: role, on: connection)
            lines.append("\(role) may read")
        }
        return lines.joined(separator: "\n")
    }
}

/// Where storage-writer stores.
private struct Database: SettingsSection {
    static let section = StorageWriterConfiguration.section
    let postgres: PostgreSQLSettings

    init(from reader: SettingsReader) { postgres = PostgreSQLSettings(from: reader.shared("postgres")) }
}
