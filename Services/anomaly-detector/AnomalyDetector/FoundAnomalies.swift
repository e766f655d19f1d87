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
    /// More are found in so short a time only where everything is an anomaly.
    private static let limit = 64

    /// - Parameter lowWater: of the producer; its batches below do not come again.
    mutating func add(_ entry: Entry, lowWater: UInt64) {
        entries.removeAll { $0.producer == entry.producer && $0.sequence < lowWater }
        if entries.count == Self.limit { entries.removeFirst() }
        entries.append(entry)
    }

    func anomalies(_ producer: UInt32, _ sequence: UInt64, position: UInt32) -> [Anomaly] {
        entries.filter { $0.position == position && $0.sequence == sequence && $0.producer == producer }.map(\.anomaly)
    }

    func saved(_ names: ProducerNames) -> [SavedState.Found] {
        entries.map {
            SavedState.Found(
                producer: names.name(of: $0.producer), sequence: $0.sequence, position: $0.position, anomaly: $0.anomaly
            )
        }
    }

    init() {}

    init(_ saved: [SavedState.Found], _ names: inout ProducerNames) {
        entries = saved.suffix(Self.limit).map {
            Entry(
                producer: names.number(of: $0.producer), sequence: $0.sequence, position: $0.position,
                anomaly: $0.anomaly)
        }
    }
}
