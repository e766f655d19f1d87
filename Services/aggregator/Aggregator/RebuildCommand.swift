public import ArgumentParser
internal import IOLoop
internal import Model
internal import PostgreSQL
internal import StageRuntime

/// `aggregator rebuild --from … --to …`
public struct RebuildCommand: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "rebuild", abstract: "Compares the rollups of a range with the readings, and mends what differs.",
        discussion: """
            Works on a live system. Ends with 0 when nothing had to be changed, and with 1 when something had, or when \
            the rebuild could not be done: a change means that a rollup was wrong.
            """)

    @OptionGroup var options: ServiceOptions

    @Option(help: "The start, ISO 8601 in UTC: 2026-11-01 or 2026-11-01T06:00:00Z.")
    var from: RebuildTime

    @Option(help: "The end, not included.")
    var to: RebuildTime

    public init() {}

    public func validate() throws {
        guard from.timestamp < to.timestamp else {
            throw ValidationError("--from \(from.timestamp) is not before --to \(to.timestamp)")
        }
    }

    public func run() async throws {
        let configuration = try options.decode(AggregatorConfiguration.self)
        let report = try await Self.rebuild(from.timestamp..<to.timestamp, configuration)
        print(report)
        if report.changed > 0 { throw ExitCode(1) }
    }

    @IOThread
    private static func rebuild(
        _ range: Range<Timestamp>, _ configuration: AggregatorConfiguration
    ) async throws -> RebuildReport {
        let connection = try await PostgreSQLConnection.connect(
            configuration.database(applicationName: "sluice aggregator rebuild"))
        defer { connection.close() }
        return try await RollupRebuild(connection: connection).run(range)
    }
}
