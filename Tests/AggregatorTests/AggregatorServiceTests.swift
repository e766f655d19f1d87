import Foundation
import IOLoop
import Model
import Observability
import Pipes
import PostgreSQL
import Schema
import Settings
import StageRuntime
import TestServers
import Testing

@testable import Aggregator

/// The service as it runs, behind a pipe of storage-writer's kind.
@Suite struct AggregatorServiceTests {
    @Test @IOThread func `batches that a writer offers are acked and merged`() async throws {
        try await withRollups { database in
            let writer = try OutboundPipe(
                OutboundPipeConfiguration(bind: "tcp://127.0.0.1:0", instance: "writer-1", assignment: .anyWorker))
            let service = try await start(on: database.configuration.url, upstream: writer.endpoint)
            try await eventually { !writer.workers.isEmpty }
            var generator = SplitMix64(seed: 51)
            var acknowledged = 0
            for _ in 0..<10 {
                let pending = try await database.write(randomBatch(&generator, count: 100))
                try await eventually {
                    writer.offer(OutgoingBatch(pending.readings), token: pending.token) { outcome in
                        if case .acknowledged = outcome { acknowledged += 1 }
                    }
                }
            }
            try await eventually { acknowledged == 10 }
            await service.drain()
            let left = try await database.count("rollup_tokens")
            #expect(left == 0)
            #expect(try await database.unequalRows() == 0)
            writer.close()
        }
    }

    @Test @IOThread func `before the tables are there it waits, which is no fault`() async throws {
        let url = try await TestServers.shared.postgreSQLURL()
        let context = ServiceContext(service: "aggregator", instance: "aggregator-1")
        let service = try await start(on: url, upstream: "tcp://127.0.0.1:1", context)
        func shows(_ text: String) -> Bool { context.metrics.prometheusText().contains(text) }
        func postgres() -> HealthBoard.Check? { context.health.checks.first { $0.name == "postgres" } }
        try await eventually { shows(#"sluice_events_total{event="schema_awaited"} 1"#) }
        #expect(postgres()?.detail == "the schema is not there yet: storage-writer makes it when it starts")
        #expect(shows(#"sluice_errors_total{error_type="rollup_recovery_failed"} 0"#))
        let connection = try await PostgreSQLConnection.connect(
            PostgreSQLConfiguration(url: url, applicationName: "test"))
        try await Migrations.apply(on: connection)
        connection.close()
        try await eventually { postgres()?.status == .ok }
        await service.drain()
    }

    @IOThread
    private func start(
        on url: String, upstream: String,
        _ context: ServiceContext = ServiceContext(service: "aggregator", instance: "aggregator-1")
    ) async throws -> AggregatorService {
        let yaml = "aggregator: { upstream: [\"\(upstream)\"], postgres: { url: \"\(url)\" } }"
        let configuration = try SettingsDocument(yaml: yaml, environment: [:]).decode(AggregatorConfiguration.self)
        let service = try await AggregatorService(configuration: configuration, context: context)
        try await service.start()
        return service
    }

    @Test func `without an upstream and a registry it says what is missing`() async throws {
        let configuration = try SettingsDocument(yaml: "", environment: [:]).decode(AggregatorConfiguration.self)
        let error = #expect(throws: MissingUpstream.self) { try configuration.upstreamAddresses(in: nil) }
        #expect(error?.description.contains("aggregator.upstream") == true)
    }

    @Test func `a password of its own stays out of the URL`() throws {
        let yaml = "postgres: { url: \"postgres://sluice@db:5432/sluice\", password: \"p@ss/word\" }"
        let configuration = try SettingsDocument(yaml: yaml, environment: [:]).decode(AggregatorConfiguration.self)
        let database = configuration.database(applicationName: "test")
        #expect(database.url == "postgres://sluice@db:5432/sluice")
        #expect(database.password == "p@ss/word")
    }

    @Test func `the sample shows every option with its default`() throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Services/aggregator/sample.yaml")
        let sample = try String(contentsOf: path, encoding: .utf8)
        let options = sample.components(separatedBy: "\n").map { line in
            line.contains(#/^ *# [a-z_]+:( |$)/#) || line.contains(#/^#   [a-z_]+: /#)
                ? line.replacing(#/# ?/#, with: "", maxReplacements: 1) : line
        }.joined(separator: "\n")
        let shown = try SettingsDocument(yaml: options, environment: [:]).decode(AggregatorConfiguration.self)
        let standard = try SettingsDocument(yaml: "", environment: [:]).decode(AggregatorConfiguration.self)
        #expect(String(describing: shown) == String(describing: standard))
        #expect(options.contains("\n  merge_interval: 1s"))
    }
}

@Suite struct RebuildTimeTests {
    @Test(arguments: [
        ("2026-01-01", 0), ("2026-01-01T06:00:00Z", 21_600), ("2026-01-01T07:00:00+01:00", 21_600),
        ("2026-01-01T00:00:01.5Z", 1.5),
    ])
    func `times are ISO 8601`(text: String, seconds: Double) {
        #expect(RebuildTime(argument: text)?.timestamp == newYear.advanced(by: .seconds(seconds)))
    }

    @Test(arguments: ["", "yesterday", "2026-13-01", "1767225600"])
    func `other texts are refused`(text: String) {
        #expect(RebuildTime(argument: text) == nil)
    }
}
