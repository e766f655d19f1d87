import AlertRecords
import Alerting
import Foundation
import IOLoop
import LocalServers
import Model
import Pipes
import PostgreSQL
import Schema
import Settings
import StageRuntime
import TestServers
import Testing

@testable import AnomalyDetector

/// The service between two pipes of the test's own, with real Redis and broker.
@IOThread
struct AnomalyDetectorServiceTests {
    private let level = (0..<30).map { 20 + Double($0 % 3) * 0.1 }

    @Test func `batches come out scored, and are acknowledged when downstream has them`() async throws {
        try await withRedis { redis in
            try await withMosquitto { port in
                try await withPostgreSQL { postgres in try await passesOn(redis, port, postgres) }
            }
        }
    }

    private func passesOn(_ redis: String, _ port: UInt16, _ postgres: String) async throws {
        let database = try await PostgreSQLConnection.connect(
            PostgreSQLConfiguration(url: postgres, applicationName: "tests"))
        try await Migrations.apply(on: database)
        let upstream = try OutboundPipe(OutboundPipeConfiguration(bind: "tcp://127.0.0.1:0", instance: "upstream"))
        let bind = "tcp://127.0.0.1:\(try PortReservation.freePort())"
        let service = try await service(from: upstream, bind: bind, redis: redis, port: port, postgres: postgres)
        try await service.start()
        var arrived: [ReadingBatch] = []
        let downstream = InboundPipe(
            InboundPipeConfiguration(stage: "storage-writer", instance: "downstream"), from: .fixed([bind])
        ) { delivery in
            arrived.append(delivery.batch)
            delivery.ack()
        }
        downstream.start()

        var acknowledged = 0
        for (sequence, values) in [level, [20.1, 99]].enumerated() {
            let batch = ReadingBatch.of(["dev-1": values], sequence: UInt64(sequence + 1))
            upstream.send(OutgoingBatch(batch)) { if $0 == .acknowledged { acknowledged += 1 } }
        }
        try await eventually { acknowledged == 2 }
        #expect(arrived.map(\.count) == [30, 2])
        #expect(arrived[1].anomalies.map(\.row) == [1])
        #expect(arrived[1].anomalyScore == [arrived[1].anomalyScore[0], 1])

        // What was found is an alert, and on record before its batch was acknowledged.
        let alerts = try await AlertTable(connection: database).list(AlertFilter(), limit: 10)
        #expect(alerts.map(\.id) == ["producer-2-1-running-zscore"])
        #expect(alerts.map(\.state) == [.firing])
        database.close()

        // Draining saves what was learnt.
        await service.drain()
        let next = try await DetectorInstance.started(redis)
        let anomalies = await next.feed(3, [99])
        #expect(anomalies == [99])
        #expect(next.count() == 31)
        downstream.close()
        upstream.close()
    }

    private func service(
        from upstream: OutboundPipe, bind: String, redis: String, port: UInt16, postgres: String
    ) async throws -> AnomalyDetectorService {
        let settings = SettingsDocument(
            yaml: """
                mqtt: { url: "mqtt://127.0.0.1:\(port)" }
                redis: { url: "\(redis)" }
                postgres: { url: "\(postgres)" }
                anomaly_detector:
                  upstream: ["\(upstream.endpoint)"]
                  bind: "\(bind)"
                  detectors: [{ type: running-zscore }]
                """, environment: [:], overrides: [])
        return try await AnomalyDetectorService(
            configuration: try settings.decode(AnomalyDetectorConfiguration.self),
            context: ServiceContext(service: "anomaly-detector", instance: "anomaly-detector-test"))
    }

    @Test func `the sample configuration is valid`() throws {
        let sample = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Services/anomaly-detector/sample.yaml")
        let text = try String(contentsOf: sample, encoding: .utf8)
        let whole = text.replacing(/(?m)^( *)#(?=[a-z_]+:)/) { "\($0.output.1)" }
            .replacing(/(?m)^( *)#(?=  [a-z_]+:)/) { "\($0.output.1)" }
        for yaml in [text, whole] {
            let configuration = try SettingsDocument(yaml: yaml, environment: [:], overrides: [])
                .decode(AnomalyDetectorConfiguration.self)
            #expect(configuration.detectors.count == 1)
            #expect(configuration.idleAfter == .seconds(3_600))
        }
    }
}
