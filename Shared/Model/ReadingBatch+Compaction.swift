/// Taking rows out of a batch.
extension ReadingBatch {
    /// Removes rows from every column, dense and sparse. Columns that are empty because they hold the default stay
    /// empty; the dictionary of series keeps its entries, used or not.
    ///
    /// - Parameter rows: ascending, without repeats, each below ``count``.
    public mutating func removeRows(_ rows: [UInt32]) {
        guard !rows.isEmpty else { return }
        seriesIndex.removeRows(rows)
        timestamp.removeRows(rows)
        value.removeRows(rows)
        receivedAt.removeRows(rows)
        position.removeRows(rows)
        quality.removeRows(rows)
        anomalyScore.removeRows(rows)
        locations.removeSparseRows(rows)
        metadata.removeSparseRows(rows)
        flags.removeSparseRows(rows)
        anomalies.removeSparseRows(rows)
    }
}

extension Array {
    /// Moves what stays to the front, in one pass from the first removed row on.
    fileprivate mutating func removeRows(_ rows: [UInt32]) {
        guard !isEmpty else { return }
        var target = Int(rows[0])
        for index in rows.indices {
            let start = Int(rows[index]) + 1
            let end = index + 1 < rows.count ? Int(rows[index + 1]) : count
            for source in start..<end {
                self[target] = self[source]
                target += 1
            }
        }
        removeLast(count - target)
    }
}

extension Array where Element: SparseEntry {
    /// Drops the entries of removed rows and renumbers the others.
    fileprivate mutating func removeSparseRows(_ rows: [UInt32]) {
        guard !isEmpty else { return }
        var removedBefore = 0
        var target = 0
        for source in indices {
            var entry = self[source]
            while removedBefore < rows.count, rows[removedBefore] < entry.row { removedBefore += 1 }
            if removedBefore < rows.count, rows[removedBefore] == entry.row { continue }
            entry.row -= UInt32(removedBefore)
            self[target] = entry
            target += 1
        }
        removeLast(count - target)
    }
}
