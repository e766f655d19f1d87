internal import Model

/// The anomalies that a series was found to have in batches which may come again.
///
/// A state is saved before its last batches are stored downstream. Should the process end in between, they come again, are known as
/// learnt, and could be judged only by what was learnt of them. So what was found is saved with the state, and said again.
struct FoundAnomalies: Equatable {
    struct Entry: Equatable {
        var producer: UInt32
        var sequence: UInt64
        var position: UInt32
        /// With the row of the batch that it was found in.
        var anomaly: Anomaly
    }

    /// In the order in which they were found.
    private(set) var entries: [Entry] = []
    private static let limit = 64
    /// The newest batches of which something was pushed out.
    private var forgotten: [UInt32: UInt64] = [:]

    mutating func add(_ entry: Entry) {
        if entries.count == Self.limit {
            let oldest = entries.removeFirst()
            forgotten[oldest.producer] = max(forgotten[oldest.producer] ?? 0, oldest.sequence)
        }
        entries.append(entry)
    }

    /// - Parameter lowWater: of the producer; its batches below do not come again.
    mutating func prune(_ producer: UInt32, below lowWater: UInt64) {
        guard !entries.isEmpty || !forgotten.isEmpty else { return }
        entries.removeAll { $0.producer == producer && $0.sequence < lowWater }
        if let last = forgotten[producer], last < lowWater { forgotten[producer] = nil }
    }

    /// Whether something that was found in this batch may not be remembered.
    func hasForgotten(_ producer: UInt32, _ sequence: UInt64) -> Bool {
        forgotten[producer].map { sequence <= $0 } ?? false
    }

    func anomalies(_ producer: UInt32, _ sequence: UInt64, position: UInt32) -> [Anomaly] {
        entries.filter { $0.position == position && $0.sequence == sequence && $0.producer == producer }.map(\.anomaly)
    }

    func saved(_ names: ProducerNames) -> [SavedState.Found] {
        let limits = forgotten.map {
            Entry(producer: $0.key, sequence: $0.value, position: .max, anomaly: Self.limitMark)
        }
        return (limits + entries).map {
            SavedState.Found(
                producer: names.name(of: $0.producer), sequence: $0.sequence, position: $0.position, anomaly: $0.anomaly
            )
        }
    }

    /// Stands in a saved state for what is forgotten; no detector is without a name.
    private static let limitMark = Anomaly(
        row: 0, detector: "", score: 0, threshold: 0, expectedLow: 0, expectedHigh: 0, why: "")

    init() {}

    init(_ saved: [SavedState.Found], _ names: inout ProducerNames) {
        for found in saved {
            let producer = names.number(of: found.producer)
            if found.anomaly.detector.isEmpty {
                forgotten[producer] = found.sequence
            } else {
                add(
                    Entry(
                        producer: producer, sequence: found.sequence, position: found.position, anomaly: found.anomaly))
            }
        }
    }
}
