import Foundation
import IOLoop
import Model
import Pipes
import PostgreSQL
import Settings
import StageRuntime
import Testing

@testable import Aggregator

/// The service as it runs, behind a pipe of storage-writer's kind.
@Suite struct AggregatorServiceTests {
    @Test @IOThread func `batches that a writer offers are acked and merged`() async throws {
        try await withRollups { database in
            let writer = try OutboundPipe(
                OutboundPipeConfiguration(bind: "tcp://127.0.0.1:0", instance: "writer-1", assignment: .anyWorker))
            let service = try await start(on: database, upstream: writer.endpoint)
            try await eventually { !writer.workers.isEmpty }
            var generator = SeededGenerator(seed: 51)
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

    @IOThread
    private func start(on database: RollupDatabase, upstream: String) async throws -> AggregatorService {
        let yaml = "aggregator: { upstream: [\"\(upstream)\"], postgres: { url: \"\(database.configuration.url)\" } }"
        let configuration = try SettingsDocument(yaml: yaml, environment: [:]).decode(AggregatorConfiguration.self)
        let context = ServiceContext(service: "aggregator", instance: "aggregator-1")
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
