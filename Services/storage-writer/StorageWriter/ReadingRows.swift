internal import IOLoop
internal import Model
internal import PostgreSQL

/// The rows of several batches, numbered through, as COPY wants them.
@IOThread
final class ReadingRows {
    private let encoder = BinaryCopyEncoder(fieldsPerRow: 16, capacity: 1 << 20)

    private static let copy = """
        COPY reading_rows (time, received_at, processed_at, value, sequence, sensor_id, producer_id, position, quality, \
        anomaly_score, unit_id, pipeline_version_id, flags, location, metadata, route_id) FROM STDIN (FORMAT binary)
        """

    /// Copies rows `range` of the concatenated batches.
    func store(_ range: Range<Int>, of batches: [StorableBatch], on connection: PostgreSQLConnection) async throws {
        encoder.removeAll()
        var start = 0
        for item in batches {
            let rows = range.clamped(to: start..<(start + item.batch.count))
            if !rows.isEmpty { encode(item, (rows.lowerBound - start)..<(rows.upperBound - start)) }
            start += item.batch.count
        }
        encoder.finish()
        try await connection.copyIn(Self.copy, encoder)
    }

    private func encode(_ item: StorableBatch, _ rows: Range<Int>) {
        let batch = item.batch
        var locations = SparseCursor(batch.locations, from: rows.lowerBound)
        var metadata = SparseCursor(batch.metadata, from: rows.lowerBound)
        var flags = SparseCursor(batch.flags, from: rows.lowerBound)
        let sequence = Int64(bitPattern: batch.identity.sequence)
        for row in rows {
            let series = Int(batch.seriesIndex[row])
            encoder.beginRow()
            encoder.append(Timestamp(microseconds: batch.timestamp[row]))
            encoder.append(Timestamp(microseconds: batch.receivedAt[row]))
            append(batch.processedAt)
            encoder.append(batch.value[row])
            encoder.append(sequence)
            encoder.append(item.sensors[series] ?? 0)
            encoder.append(item.producer)
            encoder.append(Int32(bitPattern: batch.position[row]))
            append(quality: batch.quality.isEmpty ? 1 : batch.quality[row])
            append(score: batch.anomalyScore.isEmpty ? nil : batch.anomalyScore[row])
            encoder.append(item.units[series] ?? 0)
            append(item.pipelineVersion)
            append(flags.next(row).map { Int16($0.flags.rawValue) })
            append(json: locations.next(row)?.text)
            append(json: metadata.next(row)?.text)
            append(item.route)
        }
    }

    private func append(_ time: Timestamp?) {
        if let time { encoder.append(time) } else { encoder.appendNull() }
    }

    private func append(_ number: Int16?) {
        if let number { encoder.append(number) } else { encoder.appendNull() }
    }

    private func append(_ number: Int32?) {
        if let number { encoder.append(number) } else { encoder.appendNull() }
    }

    /// NULL stands for 1, which most readings have.
    private func append(quality: Float) {
        if quality == 1 { encoder.appendNull() } else { encoder.append(quality) }
    }

    private func append(score: Float?) {
        if let score { encoder.append(score) } else { encoder.appendNull() }
    }

    private func append(json: String?) {
        if let json { encoder.append(json: json) } else { encoder.appendNull() }
    }
}

/// Walks a sparse column along with the rows.
private struct SparseCursor<Entry: SparseEntry> {
    private let entries: [Entry]
    private var index: Int

    init(_ entries: [Entry], from row: Int) {
        self.entries = entries
        index = entries.firstIndex { Int($0.row) >= row } ?? entries.count
    }

    /// The entry of `row`. Rows must be asked in ascending order.
    @inline(__always)
    mutating func next(_ row: Int) -> Entry? {
        guard index < entries.count, Int(entries[index].row) == row else { return nil }
        defer { index += 1 }
        return entries[index]
    }
}
