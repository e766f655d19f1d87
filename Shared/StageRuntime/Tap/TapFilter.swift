internal import Glibc
internal import Model

/// Which readings somebody wants to see.
struct TapFilter: Hashable, Sendable {
    enum Anomalies: Hashable, Sendable {
        case alsoOthers
        /// Those in which a detector found something.
        case only
    }

    /// Patterns of shells (`*`, `?`, `[a-c]`; glob(7)); nil: all.
    var device: String?
    var sensor: String?
    var anomalies = Anomalies.alsoOthers

    init(device: String? = nil, sensor: String? = nil, anomalies: Anomalies = .alsoOthers) {
        (self.device, self.sensor, self.anomalies) = (device, sensor, anomalies)
    }

    /// - Parameter query: `device`, `sensor`, and `anomalies` without a value.
    /// - Throws: ``UnknownTapQuery``.
    init(query: [String: String]) throws(UnknownTapQuery) {
        if let name = query.keys.sorted().first(where: { !["device", "sensor", "anomalies"].contains($0) }) {
            throw UnknownTapQuery(name: name)
        }
        device = query["device"]
        sensor = query["sensor"]
        anomalies = query["anomalies"] == nil ? .alsoOthers : .only
    }

    /// Of the readings that match, in ascending order.
    func rows(of batch: ReadingBatch) -> [Int] {
        let candidates = anomalies == .only ? Self.anomalousRows(of: batch) : Array(0..<batch.count)
        guard device != nil || sensor != nil else { return candidates }
        let isWanted = batch.series.map(matches)
        return candidates.filter { isWanted[Int(batch.seriesIndex[$0])] }
    }

    private func matches(_ series: Series) -> Bool {
        Self.matches(device, series.device) && Self.matches(sensor, series.sensor)
    }

    private static func matches(_ pattern: String?, _ name: String) -> Bool {
        pattern.map { fnmatch($0, name, 0) == 0 } ?? true
    }

    /// Several detectors may have found something in one.
    private static func anomalousRows(of batch: ReadingBatch) -> [Int] {
        batch.anomalies.reduce(into: []) { rows, anomaly in
            if rows.last != Int(anomaly.row) { rows.append(Int(anomaly.row)) }
        }
    }
}

struct UnknownTapQuery: Error, CustomStringConvertible {
    let name: String

    var description: String { "there is no '\(name)': a tap takes device, sensor and anomalies" }
    var isRetriable: Bool { false }
}
