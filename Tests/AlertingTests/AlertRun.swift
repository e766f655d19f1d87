import Model

@testable import Alerting

/// Feeds a book, reading by reading, as a service does with batches.
struct AlertRun {
    var book: AlertBook
    private(set) var transitions: [AlertTransition] = []
    private var slots: [SensorName: Int32] = [:]
    private var sequence: UInt64 = 0

    init(_ policy: AlertPolicy = .condition) {
        book = AlertBook(otherwise: policy)
    }

    /// What people got.
    var messages: [AlertTransition] { transitions.filter(\.isTold) }
    /// The states that were gone to, in order.
    var states: [AlertState] { transitions.map(\.to) }
    /// The alert that was opened first, in whatever order the book has them.
    var machine: AlertMachine? { book.alerts.min { $0.alertID < $1.alertID } }
    /// In the order of each alert's life: that between alerts is not kept across a restart.
    var lives: [AlertTransition] { transitions.sorted { ($0.alertID, $0.ordinal) < ($1.alertID, $1.ordinal) } }

    static let series = SensorName(device: "boiler", sensor: "temperature")

    mutating func slot(of series: SensorName = Self.series) -> Int32 {
        if let known = slots[series] { return known }
        slots[series] = Int32(slots.count)
        return Int32(slots.count - 1)
    }

    /// A reading in which `detectors` find something.
    ///
    /// - Parameters:
    ///   - second: by the device's clock.
    ///   - now: by the wall clock, in seconds, when it is received and taken; nil: the same.
    mutating func read(
        _ second: Int64, breach detectors: [String] = [], of series: SensorName = Self.series, now: Int64? = nil,
        unjudged: Set<String> = []
    ) {
        sequence += 1
        let now = Timestamp(seconds: now ?? second)
        var batch = ReadingBatch(identity: BatchIdentity(producer: "p", sequence: sequence))
        batch.series = [
            Series(device: series.device, sensor: series.sensor, unit: "C", partition: Partition(rawValue: 0))
        ]
        batch.appendReading(
            seriesIndex: 0, timestamp: second * 1_000_000, value: 1, receivedAt: now.microseconds, position: 7)
        let anomalies = detectors.map { Self.anomaly($0) }
        book.take(
            anomalies, of: batch, slots: [slot(of: series)], unjudged: unjudged, now: now, into: &transitions)
    }

    mutating func read(_ seconds: some Sequence<Int64>, breach detectors: [String] = []) {
        for second in seconds { read(second, breach: detectors) }
    }

    /// What a look at the clock found.
    mutating func check(
        _ second: Int64, isMissing: Bool, since: Int64 = 0, of series: SensorName = Self.series
    ) {
        book.take(
            isMissing ? Self.anomaly("missing", why: "nothing heard") : nil, of: "missing", series,
            slot: slot(of: series), eventID: "missing-\(series.device)-\(since)", now: Timestamp(seconds: second),
            into: &transitions)
    }

    mutating func tick(_ second: Int64) {
        book.tick(Timestamp(seconds: second), into: &transitions)
    }

    @discardableResult
    mutating func acknowledge(_ second: Int64, note: String = "") -> AlertBook.Acknowledgement {
        book.acknowledge(
            machine?.alertID ?? "", by: "ada", note: note, at: Timestamp(seconds: second), into: &transitions)
    }

    /// Kills the owner and starts another from its checkpoints.
    mutating func restart(_ saved: Int64, started: Int64? = nil) throws {
        var next = AlertBook(policies: book.policies, otherwise: book.otherwise)
        next.silences = book.silences
        next.inhibitions = book.inhibitions
        for (name, slot) in slots.sorted(by: { $0.value < $1.value }) {
            let state = book.exportState(slot: slot, now: Timestamp(seconds: saved))
            let now = Timestamp(seconds: started ?? saved)
            try next.importState(state, slot: slot, name, now: now, into: &transitions)
        }
        book = next
    }

    static func anomaly(_ detector: String, row: UInt32 = 0, why: String = "too high") -> Anomaly {
        Anomaly(row: row, detector: detector, score: 5, threshold: 3, expectedLow: 1, expectedHigh: 2, why: why)
    }
}

extension AlertPolicy {
    /// This policy, changed.
    func with(_ change: (inout AlertPolicy) -> Void) -> AlertPolicy {
        var policy = self
        change(&policy)
        return policy
    }
}
