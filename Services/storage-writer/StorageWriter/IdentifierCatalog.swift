internal import IOLoop
internal import Model
internal import PostgreSQL

/// The ids of producers, sensors, units, pipeline versions and routes, in memory. New ones are made in transactions of their
/// own, committed before anything refers to them.
///
/// Bounded: devices that invent names must not fill the memory, so a full catalog starts afresh with the next group.
@IOThread
final class IdentifierCatalog {
    private let producers = NameTable("producers", id: "producer_id", name: "name")
    private let versions = NameTable("pipeline_versions", id: "pipeline_version_id", name: "version")
    private let routes = NameTable("routes", id: "route_id", name: "route")
    private let units = NameTable("units", id: "unit_id", name: "unit")
    private var sensors: [SensorName: Int32] = [:]
    /// Why a name was refused, for the dead letters of the readings that bear it. Asked anew for each group.
    private var refusedSensors: [SensorName: PostgreSQLError] = [:]
    private var refusedUnits: [ExactText: PostgreSQLError] = [:]

    /// Names of one kind, about 100 bytes each.
    private let capacity: Int

    init(capacity: Int = 200_000) {
        self.capacity = capacity
    }

    /// Of the kind that has most.
    var count: Int { max(sensors.count, units.count, producers.count, versions.count, routes.count) }

    func forgetAll() {
        producers.forgetAll()
        units.forgetAll()
        versions.forgetAll()
        routes.forgetAll()
        sensors.removeAll()
    }

    func resolve(
        _ batches: [ReadingBatch], on connection: PostgreSQLConnection
    ) async throws -> [StorableBatch] {
        refusedSensors.removeAll()
        refusedUnits.removeAll()
        if count >= capacity { forgetAll() }
        try await learnNames(of: batches, on: connection)
        try await learnSensors(batches, on: connection)
        return try batches.map(storable)
    }

    private func storable(_ batch: ReadingBatch) throws(PostgreSQLError) -> StorableBatch {
        // Deleted between being made and being looked up.
        guard let producer = producers[ExactText(batch.identity.producer)] else { throw .missingProducer }
        return StorableBatch(
            batch: batch, producer: Int32(producer), sensors: batch.series.map { sensors[SensorName(of: $0)] },
            units: batch.series.map { units[ExactText($0.unit)].map { Int16($0) } },
            pipelineVersion: batch.pipelineVersion.flatMap { versions[ExactText($0)] }.map { Int16($0) },
            route: routes[ExactText(batch.storableRoute)].map { Int32($0) })
    }

    /// Why the series has no ids.
    func refusal(of series: Series) -> PostgreSQLError? {
        refusedSensors[SensorName(of: series)] ?? refusedUnits[ExactText(series.unit)]
    }

    // MARK: A name and a number

    private func learnNames(of batches: [ReadingBatch], on connection: PostgreSQLConnection) async throws {
        try await producers.learn(Set(batches.map { ExactText($0.identity.producer) }), on: connection)
        try await versions.learn(Set(batches.compactMap { $0.pipelineVersion.map { ExactText($0) } }), on: connection)
        try await routes.learn(Set(batches.map { ExactText($0.storableRoute) }), on: connection)
        var names: Set<ExactText> = []
        for batch in batches {
            for series in batch.series where units[ExactText(series.unit)] == nil {
                names.insert(ExactText(series.unit))
            }
        }
        do {
            try await units.learn(names, on: connection)
        } catch let error as PostgreSQLError where error.isAboutData {
            try await learnUnitsOneByOne(names, on: connection)
        }
    }

    private func learnUnitsOneByOne(_ names: Set<ExactText>, on connection: PostgreSQLConnection) async throws {
        for unit in names {
            do {
                try await units.learn([unit], on: connection)
            } catch let error as PostgreSQLError where error.isAboutData {
                refusedUnits[unit] = error
            }
        }
    }

    // MARK: Sensors

    private func learnSensors(_ batches: [ReadingBatch], on connection: PostgreSQLConnection) async throws {
        var unknown: Set<SensorName> = []
        for batch in batches {
            for series in batch.series {
                let sensor = SensorName(of: series)
                if sensors[sensor] == nil { unknown.insert(sensor) }
            }
        }
        guard !unknown.isEmpty else { return }
        do {
            try await learn(unknown, on: connection)
        } catch let error as PostgreSQLError where error.isAboutData {
            try await learnOneByOne(unknown, on: connection)
        }
    }

    private func learnOneByOne(_ unknown: Set<SensorName>, on connection: PostgreSQLConnection) async throws {
        for sensor in unknown {
            do {
                try await learn([sensor], on: connection)
            } catch let error as PostgreSQLError where error.isAboutData {
                refusedSensors[sensor] = error
            }
        }
    }

    private func learn(_ wanted: Set<SensorName>, on connection: PostgreSQLConnection) async throws {
        try await lookUp(wanted, on: connection)
        let missing = wanted.filter { sensors[$0] == nil }
        guard !missing.isEmpty else { return }
        try await connection.query(Self.insertSensors, Self.columns(missing))
        try await lookUp(missing, on: connection)
    }

    private func lookUp(_ wanted: Set<SensorName>, on connection: PostgreSQLConnection) async throws {
        let rows = try await connection.query(
            """
            SELECT s.sensor_id, s.device_id, s.sensor_type
            FROM unnest($1, $2) AS wanted (device_id, sensor_type) JOIN sensors s USING (device_id, sensor_type)
            """, Self.columns(wanted))
        for row in 0..<rows.count {
            sensors[SensorName(device: rows.text(row, 1), sensor: rows.text(row, 2))] = Int32(rows.integer(row, 0))
        }
    }

    private static func columns(_ sensors: Set<SensorName>) -> [PostgreSQLParameter] {
        let list = Array(sensors)
        return [.texts(list.map(\.device)), .texts(list.map(\.sensor))]
    }

    /// Makes the device known too. Sorted, so that two writers cannot wait for each other in a circle.
    private static let insertSensors = """
        WITH new_devices AS (
            INSERT INTO devices (device_id)
            SELECT DISTINCT device_id FROM unnest($1) AS n (device_id) ORDER BY 1
            ON CONFLICT DO NOTHING)
        INSERT INTO sensors (device_id, sensor_type)
        SELECT * FROM unnest($1, $2) AS n (device_id, sensor_type) ORDER BY 1, 2
        ON CONFLICT DO NOTHING
        """
}
