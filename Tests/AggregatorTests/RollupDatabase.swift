import Foundation
import IOLoop
import Model
import PostgreSQL
import Schema
import TestServers

@testable import Aggregator

/// A database with the rollup schema, and what storage-writer would do to it.
@IOThread
final class RollupDatabase {
    let configuration: PostgreSQLConfiguration
    let writer: PostgreSQLConnection
    private var connections: [PostgreSQLConnection] = []
    private var sensors: [String: Int32] = [:]
    private var sequence: UInt64 = 0

    init(url: String) async throws {
        configuration = PostgreSQLConfiguration(url: url, applicationName: "aggregator tests")
        writer = try await PostgreSQLConnection.connect(configuration)
        try await Migrations.apply(on: writer)
        try await writer.query(
            "SELECT make_reading_day(day::date) FROM generate_series(date '2025-12-28', '2026-01-06', '1 day') AS day")
    }

    func connection() async throws -> PostgreSQLConnection {
        try await PostgreSQLConnection.connect(configuration)
    }

    /// Commits the readings with their token, as a writer's transaction does, and returns what it would forward.
    func write(_ batch: ReadingBatch) async throws -> PendingBatch {
        let ids = try await ids(of: batch)
        let rows = batch.seriesIndex.map { ids[Int($0)] }
        let minutes = batch.timestamp.map { Int32($0.flooredQuotient(60_000_000)) }
        let token = try await writer.transaction {
            try await writer.query(
                """
                INSERT INTO reading_rows (
                    time, received_at, value, sequence, sensor_id, producer_id, position, unit_id)
                SELECT time, time, value, 1, sensor, 1, 1, 1 FROM unnest($1, $2, $3) AS reading (time, sensor, value)
                """,
                [
                    .timestamps(batch.timestamp.map { Timestamp(microseconds: $0) }), .int32s(rows),
                    .doubles(batch.value),
                ])
            return try await writer.query(
                """
                INSERT INTO rollup_tokens (sensor_ids, minutes)
                SELECT array_agg(sensor), array_agg(minute)
                FROM (SELECT DISTINCT * FROM unnest($1, $2) AS pair (sensor, minute)) AS pairs
                RETURNING token
                """, [.int32s(rows), .int32s(minutes)]
            ).integer(0, 0)
        }
        return PendingBatch(token: token, readings: batch)
    }

    private func ids(of batch: ReadingBatch) async throws -> [Int32] {
        for series in batch.series where sensors[series.device + "/" + series.sensor] == nil {
            let rows = try await writer.query(
                "INSERT INTO sensors (device_id, sensor_type) VALUES ($1, $2) RETURNING sensor_id",
                [.text(series.device), .text(series.sensor)])
            sensors[series.device + "/" + series.sensor] = Int32(rows.integer(0, 0))
        }
        return batch.series.compactMap { sensors[$0.device + "/" + $0.sensor] }
    }

    /// Identifies and merges, as the service does each second.
    @discardableResult
    func merge(
        _ batches: [PendingBatch], on connection: PostgreSQLConnection? = nil
    ) async throws -> RollupMerge.Outcome {
        let connection = connection ?? writer
        let identified = try await SensorDirectory().identify(batches, on: connection)
        return try await RollupMerge.run(identified, on: connection)
    }

    @discardableResult
    func recover() async throws -> RollupRecovery.Outcome? {
        try await RollupRecovery(connection: writer).run()
    }

    /// Rows of the rollups that SQL over the readings does not agree with.
    func unequalRows() async throws -> Int64 {
        try await Self.unequalRows(on: writer)
    }

    static func unequalRows(on connection: PostgreSQLConnection) async throws -> Int64 {
        try await connection.query(file("Services/sluice/SluiceCommand/Chaos/verify_rollups.sql")).integer(0, 0)
    }

    func count(_ table: String) async throws -> Int64 {
        try await writer.query("SELECT count(*) FROM \(table)").integer(0, 0)
    }

    private static func file(_ path: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }
}

/// Runs a test with a rollup database of its own.
@IOThread
func withRollups<Answer>(_ body: @IOThread (RollupDatabase) async throws -> Answer) async throws -> Answer {
    let url = try await TestServers.shared.postgreSQLURL()
    return try await body(RollupDatabase(url: url))
}
