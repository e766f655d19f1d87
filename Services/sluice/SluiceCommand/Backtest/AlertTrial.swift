import Alerting
import DetectorCatalog
import Model
import Plugins

/// What comes of the anomalies of one series after the other, by the rules of the running detector.
///
/// Batches are taken one by one, each at the time at which mqtt-ingest had the last of its readings: the running detector
/// had it a moment later. What happens by the clock (what ends by itself, reminders) happens when it would have.
struct AlertTrial {
    private static let slot: Int32 = 0
    /// The running detector looks at the clock this often.
    private static let tick = Duration.seconds(1)

    private let policy: AlertPolicy
    private let from: Timestamp
    private let end: Timestamp
    private var book: AlertBook
    /// The one of this series that began last.
    private var current: RaisedAlert?
    private var toldAt: Timestamp?
    private var raised: [RaisedAlert] = []

    init(_ request: BacktestRequest) {
        policy = request.detector.policy
        (from, end) = (request.from, request.to)
        book = AlertBook(policies: [request.detector.name: policy])
    }

    /// The alerts of which nothing more comes and that last began to fire in the time of the request, since this was last asked.
    mutating func takeRaised() -> [RaisedAlert] {
        defer { raised = [] }
        return raised
    }

    /// - Parameter name: the series'.
    mutating func take(_ findings: DetectorFindings, of name: SensorName, in segment: StoredSegment) {
        let isOwn = segment.batch.series.map { SensorName(of: $0) == name }
        let breaches = (findings.anomalies + findings.ongoing).filter {
            isOwn[Int(segment.batch.seriesIndex[Int($0.row)])]
        }.sorted { $0.row < $1.row }
        var next = 0
        for rows in segment.batches {
            let first = next
            while next < breaches.count, breaches[next].row < rows.upperBound { next += 1 }
            guard first < next || book.isWatched(slot: Self.slot) else { continue }
            // Other series of the batch are not this trial's.
            take(breaches[first..<next], segment.batch(rows), isOwn.map { $0 ? Self.slot : -1 }, from: rows.lowerBound)
        }
    }

    private mutating func take(
        _ breaches: ArraySlice<Anomaly>, _ batch: ReadingBatch, _ slots: [Int32], from row: Int
    ) {
        let own = breaches.map { breach in
            var breach = breach
            breach.row -= UInt32(row)
            return breach
        }
        let now = Timestamp(microseconds: batch.receivedAt.max() ?? 0)
        look(at: now.advanced(by: .zero - Self.tick))
        var transitions: [AlertTransition] = []
        book.take(own, of: batch, slots: slots, now: now, into: &transitions)
        settle(transitions, now)
    }

    /// Nothing more comes of the series.
    mutating func finishSeries() {
        look(at: end)
        book.reset(slot: Self.slot)
        close()
        toldAt = nil
    }

    /// Each reminder at its time: how many there were decides on whether what fires again is the same alert.
    private mutating func look(at now: Timestamp) {
        while let interval = policy.repeatInterval, let told = toldAt, book.isWatched(slot: Self.slot) {
            let due = told.advanced(by: interval)
            guard due < now else { break }
            look(once: due)
            guard toldAt != told else { break }
        }
        if book.isWatched(slot: Self.slot) { look(once: now) }
    }

    private mutating func look(once now: Timestamp) {
        var transitions: [AlertTransition] = []
        book.tick(now, into: &transitions)
        settle(transitions, now)
    }

    private mutating func settle(_ transitions: [AlertTransition], _ now: Timestamp) {
        for transition in transitions {
            if current?.id == transition.alertID {
                current?.take(transition)
            } else {
                close()
                current = RaisedAlert(transition)
            }
            if transition.isTold { toldAt = now }
        }
        if !transitions.isEmpty { book.settle(Set(transitions.map(\.id)), slot: Self.slot) }
    }

    private mutating func close() {
        if let alert = current, let firedAt = alert.firedAt, firedAt >= from { raised.append(alert) }
        current = nil
    }
}

extension StoredSegment {
    /// The rows of each batch that it was delivered with.
    fileprivate var batches: [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = 0
        while start < delivery.count {
            let end = (start..<delivery.count).first { delivery[$0] != delivery[start] } ?? delivery.count
            ranges.append(start..<end)
            start = end
        }
        return ranges
    }

    /// With the identity that it was delivered with.
    fileprivate func batch(_ rows: Range<Int>) -> ReadingBatch {
        var part = ReadingBatch(identity: delivery[rows.lowerBound])
        part.series = batch.series
        part.reserveCapacity(rows.count)
        for row in rows {
            part.appendReading(
                seriesIndex: batch.seriesIndex[row], timestamp: batch.timestamp[row], value: batch.value[row],
                receivedAt: batch.receivedAt[row], position: batch.position[row])
        }
        return part
    }
}
