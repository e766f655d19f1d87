internal import Model
internal import Plugins

/// Gives a reading that says nothing of its place the location that the device registry knows.
struct LocationEnrichment: Processor {
    let name = "location"

    /// JSON objects of names to numbers, as text, by device.
    let locations: [ExactText: String]

    func process(_ batch: inout ReadingBatch, verdicts: inout Verdicts, at now: Timestamp) throws {
        guard !locations.isEmpty else { return }
        // One look-up a series, not one a reading.
        let known = batch.series.map { locations[ExactText($0.device)] }
        guard known.contains(where: { $0 != nil }) else { return }
        batch.locations = merged(own: batch.locations, known: known, seriesIndex: batch.seriesIndex)
    }

    /// Both in row order; the payload's own location wins.
    private func merged(own: [SparseText], known: [String?], seriesIndex: [UInt32]) -> [SparseText] {
        var result: [SparseText] = []
        result.reserveCapacity(seriesIndex.count)
        var next = 0
        for row in seriesIndex.indices {
            if next < own.count, own[next].row == UInt32(row) {
                result.append(own[next])
                next += 1
            } else if let location = known[Int(seriesIndex[row])] {
                result.append(SparseText(row: UInt32(row), text: location))
            }
        }
        return result
    }
}
