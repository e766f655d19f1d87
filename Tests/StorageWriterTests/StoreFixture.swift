import IOLoop
import Model
import PostgreSQL
import Schema
import TestServers

@testable import StorageWriter

/// A migrated database of the test's own, with as many sinks over it as the test wants.
@IOThread
struct StoreFixture {
    let configuration: PostgreSQLConfiguration
    /// For looking at what the sinks did.
    let connection: PostgreSQLConnection

    static func make() async throws -> StoreFixture {
        let url = try await TestServers.shared.postgreSQLURL()
        return try await make(url: url)
    }

    static func make(url: String) async throws -> StoreFixture {
        let configuration = PostgreSQLConfiguration(url: url, applicationName: "tests")
        let connection = try await PostgreSQLConnection.connect(configuration)
        try await Migrations.apply(on: connection)
        return StoreFixture(configuration: configuration, connection: connection)
    }

    func sink() -> PostgreSQLSink {
        PostgreSQLSink(PostgreSQLSession(configuration, backoff: Backoff(first: .milliseconds(10))))
    }

    /// As a role that owns no table.
    func writer() async throws -> PostgreSQLConnection {
        // Roles are the whole server's.
        let role = "\(configuration.url.split(separator: "/").last ?? "")-writer"
        try await connection.execute("CREATE ROLE \"\(role)\" LOGIN")
        try await RoleGrants.grant(.writing, to: role, on: connection)
        var own = configuration
        own.url = configuration.url.replacing("sluice@", with: "\(role)@")
        return try await PostgreSQLConnection.connect(own)
    }

    /// One number out of the database.
    func number(_ sql: String) async throws -> Int {
        Int(try await connection.query("SELECT (\(sql))::bigint").integer(0, 0))
    }

    /// One text out of the database; nil for NULL and for no row.
    func text(_ sql: String) async throws -> String? {
        let rows = try await connection.query(sql)
        return rows.isEmpty ? nil : rows.optionalText(0, 0)
    }
}

extension ReadingBatch {
    /// A batch of one reading for each device, a second apart.
    static func sample(
        producer: String = "p", sequence: UInt64 = 1, devices: Int = 20,
        at start: Timestamp = Timestamp(seconds: 1_795_000_000)
    ) -> ReadingBatch {
        var batch = ReadingBatch(identity: BatchIdentity(producer: producer, sequence: sequence))
        for number in 0..<devices {
            let device = "device-\(number)"
            batch.series.append(
                Series(
                    device: device, sensor: "temperature", unit: "°C",
                    partition: Partition(device: device, of: .standard)))
            batch.seriesIndex.append(UInt32(number))
            batch.timestamp.append(start.microseconds + Int64(number) * 1_000_000)
            batch.receivedAt.append(start.microseconds + 5_000_000)
            batch.value.append(Double(number) + 0.5)
            batch.position.append(UInt32(number))
        }
        return batch
    }

    /// One device, many readings.
    static func series(sequence: UInt64 = 1, count: Int, at start: Timestamp = Timestamp(seconds: 1_795_000_000))
        -> ReadingBatch
    {
        var batch = sample(sequence: sequence, devices: 1, at: start)
        for number in 1..<count {
            batch.seriesIndex.append(0)
            batch.timestamp.append(start.microseconds + Int64(number) * 1_000)
            batch.receivedAt.append(start.microseconds)
            batch.value.append(Double(number))
            batch.position.append(UInt32(number))
        }
        return batch
    }

    /// The batch in two halves, by partition.
    func halves(_ isFirst: (Partition) -> Bool) -> [ReadingBatch] {
        [part(of: Set(partitions.filter(isFirst))), part(of: Set(partitions.filter { !isFirst($0) }))]
    }
}
