import Alerting
import DetectorCatalog
import IOLoop
import Model
import Plugins
import PostgreSQL
import Schema
import TestServers

@testable import SluiceCommand

/// A database with batches in it, stored as storage-writer stores them.
@IOThread
struct BacktestHistory {
    let connection: PostgreSQLConnection

    static func with<Answer>(
        _ batches: [ReadingBatch], _ body: @IOThread (BacktestHistory) async throws -> Answer
    ) async throws -> Answer {
        try await withPostgreSQL { url in try await open(url, batches, body) }
    }

    static func open<Answer>(
        _ url: String, _ batches: [ReadingBatch], _ body: @IOThread (BacktestHistory) async throws -> Answer
    ) async throws -> Answer {
        let connection = try await PostgreSQLConnection.connect(
            PostgreSQLConfiguration(url: url, applicationName: "test"))
        defer { connection.close() }
        try await Migrations.apply(on: connection)
        let history = BacktestHistory(connection: connection)
        // Rows lie in another order than they came in, so that nothing rests on where they lie.
        for batch in batches.reversed() { try await history.store(batch) }
        return try await body(history)
    }

    private func store(_ batch: ReadingBatch) async throws {
        let series = batch.seriesIndex.map { batch.series[Int($0)] }
        let times = batch.timestamp.map { Timestamp(microseconds: $0) }
        let producer = batch.identity.producer
        try await connection.query(
            "INSERT INTO producers (name) VALUES ($1) ON CONFLICT DO NOTHING", [.text(producer)])
        try await connection.query(
            "INSERT INTO units (unit) SELECT DISTINCT unnest($1::text[]) ON CONFLICT DO NOTHING",
            [.texts(series.map(\.unit))])
        try await connection.query(
            """
            INSERT INTO sensors (device_id, sensor_type)
            SELECT DISTINCT * FROM unnest($1::text[], $2::text[]) ON CONFLICT DO NOTHING
            """, [.texts(series.map(\.device)), .texts(series.map(\.sensor))])
        try await connection.query(
            "SELECT make_reading_day(day) FROM (SELECT DISTINCT unnest($1::timestamptz[])::date AS day) AS days",
            [.timestamps(times)])
        try await connection.query(
            """
            INSERT INTO reading_rows (processed_at, sequence, time, received_at, value, position, sensor_id, producer_id,
                unit_id)
            SELECT $1::timestamptz, $2::bigint, x.time, x.received_at, x.value, x.position, s.sensor_id, p.producer_id,
                u.unit_id
            FROM unnest($3::timestamptz[], $4::timestamptz[], $5::float8[], $6::int[], $7::text[], $8::text[],
                $9::text[]) AS x (time, received_at, value, position, device, sensor, unit)
            JOIN sensors s ON s.device_id = x.device AND s.sensor_type = x.sensor JOIN units u ON u.unit = x.unit
            JOIN producers p ON p.name = $10::text
            ORDER BY x.position DESC
            """,
            [
                batch.processedAt.map { .timestamp($0) } ?? .null, .int64(Int64(batch.identity.sequence)),
                .timestamps(times), .timestamps(batch.receivedAt.map { Timestamp(microseconds: $0) }),
                .doubles(batch.value), .int32s(batch.position.map { Int32($0) }), .texts(series.map(\.device)),
                .texts(series.map(\.sensor)), .texts(series.map(\.unit)), .text(producer),
            ])
    }

    func run(_ request: BacktestRequest) async throws -> BacktestOutcome {
        try await Backtest(request, on: connection).run()
    }
}

/// Batches in the order in which they were delivered.
struct DeliveredBatches {
    private(set) var batches: [ReadingBatch] = []

    /// 2026-03-01
    static let start = Timestamp(seconds: 1_772_323_200)
    static let end = start.advanced(by: .seconds(20 * 86_400))

    /// Adds a batch; readings are seconds since the start and values.
    mutating func deliver(
        _ readings: [(second: Int, value: Double)], device: String = "oven", sensor: String = "temperature",
        unit: String = "C", producer: String = "spool"
    ) {
        let place = batches.count
        let sequence = batches.count { $0.identity.producer == producer } + 1
        var batch = ReadingBatch(identity: BatchIdentity(producer: producer, sequence: UInt64(sequence)))
        batch.series = [Series(device: device, sensor: sensor, unit: unit, partition: Partition(rawValue: 0))]
        // All came at one time, when all had been measured: only the batches' order tells how they were learnt.
        let received = Self.end.microseconds
        for (position, reading) in readings.enumerated() {
            batch.appendReading(
                seriesIndex: 0, timestamp: Self.start.microseconds + Int64(reading.second) * 1_000_000,
                value: reading.value, receivedAt: received, position: UInt32(position))
        }
        batch.processedAt = Timestamp(microseconds: received + Int64(place))
        batches.append(batch)
    }

    /// A wave with noise, and a spike at each of the places.
    mutating func deliverWave(
        _ count: Int, device: String = "oven", spikes: Set<Int> = [], producers: [String] = ["spool"]
    ) {
        let readings = (0..<count).map { index in
            let noise = Double((index &* 7_919) % 101) / 101 - 0.5
            let wave = Double((index % 60) - 30).magnitude / 30
            return (second: index * 60, value: 20 + wave + noise + (spikes.contains(index) ? 40 : 0))
        }
        for start in stride(from: 0, to: count, by: 7) {
            let batch = Array(readings[start..<min(start + 7, count)])
            // A device that sends the newest first within a message, and messages that take turns between two spools.
            deliver(batch.reversed(), device: device, producer: producers[(start / 7) % producers.count])
        }
    }

    /// What the detector says when it is fed as anomaly-detector feeds it.
    func anomalies(of detector: any Detector) throws -> [Alert] {
        var anomalies: [Alert] = []
        try feed(detector) { batch, _, findings in
            var scored = batch
            scored.take(findings)
            anomalies += scored.alerts
        }
        return anomalies.sorted { ($0.timestamp, $0.device) < ($1.timestamp, $1.device) }
    }

    /// The ids of the alerts that fire when whole batches go to one book, as in anomaly-detector.
    func firedAlerts(of settings: DetectorSettings) throws -> Set<String> {
        var book = AlertBook(policies: [settings.name: settings.policy])
        var transitions: [AlertTransition] = []
        try feed(settings.makeDetector()) { batch, slots, findings in
            let breaches = (findings.anomalies + findings.ongoing).sorted { $0.row < $1.row }
            let now = Timestamp(microseconds: batch.receivedAt.max() ?? 0)
            book.take(breaches, of: batch, slots: slots, now: now, into: &transitions)
        }
        return Set(transitions.filter(\.to.isActive).map(\.alertID))
    }

    /// A detector of devices keeps a state of each device, and others one of each series.
    private func feed(
        _ detector: any Detector, _ take: (ReadingBatch, [Int32], DetectorFindings) -> Void
    ) throws {
        var slots: [SensorName: Int32] = [:]
        var devices: [ExactText: Int32] = [:]
        detector.reserveSlots(100)
        for batch in batches {
            let own = batch.series.map { series in
                let slot = slots[SensorName(of: series)] ?? Int32(slots.count)
                slots[SensorName(of: series)] = slot
                return slot
            }
            let states = batch.series.enumerated().map { index, series in
                guard detector is any DeviceDetector else { return own[index] }
                let slot = devices[ExactText(series.device)] ?? Int32(devices.count)
                devices[ExactText(series.device)] = slot
                return slot
            }
            var findings = DetectorFindings(rows: batch.count)
            try detector.detect(
                DetectorInput(batch: batch, slots: states, learning: own.map { _ in .learn }, now: Self.start),
                into: &findings)
            take(batch, own, findings)
        }
    }
}

extension BacktestRequest {
    /// A kind with its defaults, over all that the tests deliver.
    static func standard(_ kind: String, config: String? = nil) throws -> BacktestRequest {
        let detector = try DetectorChoice(config: config, environment: [:]).named(kind)
        return BacktestRequest(detector: detector, from: DeliveredBatches.start, to: DeliveredBatches.end)
    }
}
