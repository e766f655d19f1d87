internal import Model

/// Summaries by window, in ascending order of keys: what one merge adds to a rollup table.
struct WindowDeltas: Equatable {
    private(set) var keys: [WindowKey] = []
    private(set) var summaries: [WindowSummary] = []

    var count: Int { keys.count }
    var isEmpty: Bool { keys.isEmpty }

    /// Keys must come in ascending order; equal ones are merged.
    mutating func append(_ summary: WindowSummary, to key: WindowKey) {
        if let last = keys.last, last == key {
            summaries[summaries.count - 1].merge(summary)
            return
        }
        precondition(keys.last.map { $0 < key } ?? true, "deltas are appended in the order of their keys")
        keys.append(key)
        summaries.append(summary)
    }

    /// The same readings in the wider windows of `level`.
    func merged(into level: WindowLevel) -> WindowDeltas {
        var wider = WindowDeltas()
        for (key, summary) in zip(keys, summaries) {
            wider.append(summary, to: WindowKey(sensor: key.sensor, bucket: level.bucket(of: key.bucket)))
        }
        return wider
    }
}
