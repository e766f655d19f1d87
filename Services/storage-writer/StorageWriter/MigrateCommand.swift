public import ArgumentParser
internal import IOLoop
internal import PostgreSQL
internal import Schema
internal import StageRuntime

/// `storage-writer migrate`
public struct MigrateCommand: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "migrate", abstract: "Brings the database to this version's schema, and says who may use it.",
        discussion: """
            storage-writer does the same when it connects, if its role may. Where the roles are separate, run this as the owner of \
            the tables before each update, and services as a role that only writes. The roles must exist: CREATE ROLE … LOGIN.

            EXAMPLES
              storage-writer migrate --set postgres.url=postgres://sluice_owner@db/sluice
              storage-writer migrate --writer sluice --reader grafana
            """)

    @OptionGroup var options: ServiceOptions

    @Option(help: ArgumentHelp("A role for services. May be repeated.", valueName: "role"))
    var writer: [String] = []

    @Option(help: ArgumentHelp("A role for people and dashboards. May be repeated.", valueName: "role"))
    var reader: [String] = []

    public init() {}

    public func run() async throws {
        let configuration = try options.decode(StorageWriterConfiguration.self)
        print(try await Self.migrate(configuration, writers: writer, readers: reader))
    }

    @IOThread
    private static func migrate(
        _ configuration: StorageWriterConfiguration, writers: [String], readers: [String]
    ) async throws -> String {
        let connection = try await PostgreSQLConnection.connect(
            PostgreSQLConfiguration(configuration.postgres, applicationName: "sluice storage-writer migrate"))
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
