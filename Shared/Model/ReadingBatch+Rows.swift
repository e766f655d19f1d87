/// Rows one by one: what builders append and what the ends of the data path look up.
extension ReadingBatch {
    /// Adds one reading with nothing sparse about it; its row is the old ``count``.
    @inlinable
    public mutating func appendReading(
        seriesIndex: UInt32, timestamp: Int64, value: Double, receivedAt: Int64, position: UInt32
    ) {
        self.seriesIndex.append(seriesIndex)
        self.timestamp.append(timestamp)
        self.value.append(value)
        self.receivedAt.append(receivedAt)
        self.position.append(position)
    }

    public mutating func reserveCapacity(_ readings: Int) {
        seriesIndex.reserveCapacity(readings)
        timestamp.reserveCapacity(readings)
        value.reserveCapacity(readings)
        receivedAt.reserveCapacity(readings)
        position.reserveCapacity(readings)
    }

    /// The series of a row.
    @inlinable
    public func series(ofRow row: Int) -> Series {
        series[Int(seriesIndex[row])]
    }

    /// The row's location, a JSON object as text. Binary search: for the few rows that an alert or a dead letter needs.
    public func location(ofRow row: Int) -> String? {
        locations.entry(forRow: row)?.text
    }

    /// The row's own metadata, a JSON object as text, without `processed_at` and `pipeline_version`.
    public func metadata(ofRow row: Int) -> String? {
        metadata.entry(forRow: row)?.text
    }

    /// Names a reading for ever: `<producer>-<sequence>-<position>`, as the `readings` view shows it.
    public func eventID(ofRow row: Int) -> String {
        "\(identity.producer)-\(identity.sequence)-\(position[row])"
    }
}

/// An entry of a sparse column: it names the row it belongs to.
public protocol SparseEntry {
    var row: UInt32 { get set }
}

extension SparseText: SparseEntry {}
extension SparseFlags: SparseEntry {}
extension Anomaly: SparseEntry {}

extension Array where Element: SparseEntry {
    /// The entry of a row, nil when it has none. The column is in ascending row order.
    public func entry(forRow row: Int) -> Element? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].row < UInt32(row) { low = middle + 1 } else { high = middle }
        }
        return low < count && self[low].row == UInt32(row) ? self[low] : nil
    }
}
