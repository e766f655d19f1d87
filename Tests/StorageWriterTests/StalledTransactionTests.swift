import IOLoop
import Model
import Observability
import Pipes
import PostgreSQL
import Settings
import StageRuntime
import TestServers
import Testing

@testable import StorageWriter

@IOThread
struct StalledTransactionTests {
    private let context = ServiceContext(service: "storage-writer", instance: "storage-writer-1")

    private var flow: HealthBoard.Check? { context.health.checks.first { $0.name == "flow" } }

    private func service(_ postgres: String, upstream: String) async throws -> StorageWriterService {
        let settings = SettingsDocument(
            yaml: """
                storage_writer: { upstream: [\"\(upstream)\"], sinks: [{ type: postgres }] }
                postgres: { url: \"\(postgres)\" }
                """, environment: [:], overrides: [])
        return try await StorageWriterService(
            configuration: try settings.decode(StorageWriterConfiguration.self), context: context)
    }

    @Test func `a transaction that does not end makes the flow red, though everybody is connected`() async throws {
        let postgres = try await TestServers.shared.postgreSQLURL()
        let fixture = try await StoreFixture.make(url: postgres)
        let detector = try OutboundPipe(.init(bind: "tcp://127.0.0.1:0", instance: "anomaly-detector-1"))
        let service = try await service(postgres, upstream: detector.endpoint)
        try await service.start()
        try await eventually { detector.workers.count == 1 }
        #expect(flow?.status == .ok)

        try await fixture.connection.execute("BEGIN; LOCK TABLE deliveries IN ACCESS EXCLUSIVE MODE")
        var isAcknowledged = false
        detector.send(OutgoingBatch(.sample(at: .now()))) { outcome in
            if case .acknowledged = outcome { isAcknowledged = true }
        }
        try await eventually { flow?.status == .fail }
        let detail = try #require(flow?.detail)
        #expect(detail.hasPrefix("20 readings wait and none was committed for 1"), "\(detail)")
        #expect(detail.contains("; the transaction with 20 of them began "), "\(detail)")
        #expect(context.health.checks.allSatisfy { ["lifecycle", "flow"].contains($0.name) || $0.status == .ok })

        try await fixture.connection.execute("ROLLBACK")
        try await eventually { isAcknowledged }
        try await eventually { flow?.status == .ok }
        await service.drain()
        detector.close()
    }
}
