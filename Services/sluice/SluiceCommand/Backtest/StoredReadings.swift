import IOLoop
import Model
import PostgreSQL

/// Readings of one subject, a series or a device, that follow each other, with what names them.
struct StoredSegment {
    /// Its place among the subjects.
    var subject: Int
    /// Of this subject alone: `batch.series` are its series in each of their units. Its identity is nobody's.
    var batch = ReadingBatch(identity: BatchIdentity(producer: "backtest", sequence: 0))
    /// Of each row; with `batch.position` it is the event id.
    var delivery: [BatchIdentity] = []
}

/// The history in pages, so that memory does not grow with it. One after another the subjects, each in the order of its delivery.
///
/// That order is not the order of time: a device may send what it measured before, and a detector learns a reading when it comes.
/// It takes batches as preprocessor passes them on, which stamps each with `processed_at`; within a batch the readings stand by
/// position. So two mqtt-ingests that receive one device at the same time alternate by batch here too, as they did, where
/// `received_at` would shuffle their readings. Without a stamp `received_at` stands in. Two cases the columns do not tell:
/// a batch that had been learnt already when it was processed again after a crash has the later stamp, and
/// when a partition moves to a preprocessor with another clock, the clocks decide.
@IOThread
struct StoredReadings {
    let connection: PostgreSQLConnection
    let names: StoredNames
    let pageSize: Int
    /// The first page waits until the server has sorted.
    private let patience = Duration.seconds(3_600)

    init(connection: PostgreSQLConnection, names: StoredNames, pageSize: Int) {
        self.connection = connection
        self.names = names
        self.pageSize = pageSize
    }

    /// Inside a transaction, which the cursor ends with.
    ///
    /// - Parameter subjects: the sensors of each.
    func open(_ subjects: [[Int32]], from: Timestamp, to: Timestamp) async throws {
        // All pages will be asked for: a plan that is quick to the first of them and slow to the last is of no use.
        try await connection.execute("SET LOCAL cursor_tuple_fraction = 1")
        let places = subjects.indices.flatMap { place in subjects[place].map { _ in Int32(place) } }
        try await connection.query(
            """
            DECLARE backtest NO SCROLL CURSOR FOR
            SELECT sensor_id, unit_id, time, value, received_at, producer_id, sequence, position, subject
            FROM reading_rows JOIN unnest($1::int[], $4::int[]) AS chosen (sensor_id, subject) USING (sensor_id)
            WHERE sensor_id = ANY ($1) AND time >= $2 AND time < $3
            ORDER BY subject, coalesce(processed_at, received_at), producer_id, sequence, position
            """, [.int32s(subjects.flatMap(\.self)), .timestamp(from), .timestamp(to), .int32s(places)])
    }

    /// The next page, nil after the last one.
    func next() async throws -> [StoredSegment]? {
        let rows = try await connection.query("FETCH \(pageSize) FROM backtest", within: patience)
        guard !rows.isEmpty else { return nil }
        var segments: [StoredSegment] = []
        var start = 0
        while start < rows.count {
            let subject = rows.integer(start, 8)
            let end = (start..<rows.count).first { rows.integer($0, 8) != subject } ?? rows.count
            segments.append(segment(rows, start..<end))
            start = end
        }
        return segments
    }

    private func segment(_ rows: PostgreSQLRows, _ range: Range<Int>) -> StoredSegment {
        var segment = StoredSegment(subject: Int(rows.integer(range.lowerBound, 8)))
        segment.batch.reserveCapacity(range.count)
        var known: [Place: UInt32] = [:]
        for row in range {
            let place = Place(sensor: Int32(rows.integer(row, 0)), unit: rows.integer(row, 1))
            let series = known[place] ?? UInt32(segment.add(names.series[place.sensor], names.units[place.unit]))
            known[place] = series
            segment.batch.appendReading(
                seriesIndex: series, timestamp: rows.timestamp(row, 2).microseconds, value: rows.double(row, 3),
                receivedAt: rows.timestamp(row, 4).microseconds,
                position: UInt32(truncatingIfNeeded: rows.integer(row, 7)))
            segment.delivery.append(
                BatchIdentity(
                    producer: names.producers[Int32(rows.integer(row, 5))] ?? "",
                    sequence: UInt64(bitPattern: rows.integer(row, 6))))
        }
        return segment
    }

    private struct Place: Hashable {
        var sensor: Int32
        var unit: Int64
    }
}

extension StoredSegment {
    fileprivate mutating func add(_ name: SensorName?, _ unit: String?) -> Int {
        // No detector looks at partitions.
        batch.series.append(
            Series(
                device: name?.device ?? "", sensor: name?.sensor ?? "", unit: unit ?? "",
                partition: Partition(rawValue: 0)))
        return batch.series.count - 1
    }
}
