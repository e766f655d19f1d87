import Model
import Plugins

/// What was counted.
struct BacktestTally {
    /// In the time that was asked for.
    var readings = 0
    /// Learnt only, since they were measured before.
    var learntBefore = 0
    /// With readings in that time.
    var series = 0
    /// Of these, with too few readings for an alert even at the end.
    var seriesWarming = 0
    var seriesWithAlerts = 0
    /// What it found, reading by reading.
    var anomalies = 0
    /// What came of it: those that fired.
    var alerts = 0
    /// Of these alerts.
    var messages = 0
    /// Spent in the detector alone.
    var detection = Duration.zero

    var judged: Int { readings + learntBefore }

    var alertsPerThousandReadings: Double { readings == 0 ? 0 : Double(alerts) * 1_000 / Double(readings) }

    var nanosecondsPerReading: Double { judged == 0 ? 0 : detection / .nanoseconds(1) / Double(judged) }
}

/// One detector over one series after another, or one device.
///
/// All take turns in one slot: a detector's state is as large as that of one, however many there are.
final class DetectorTrial {
    private static let slot = 0

    private let detector: any Detector
    private let request: BacktestRequest
    private(set) var tally = BacktestTally()
    private var anomalies: Earliest<Alert>
    private var alerts: Earliest<RaisedAlert>
    private var plots: BusiestPlots
    /// Of the series or device whose turn it is.
    private var subject: Int?
    private var current: [SeriesTrial] = []

    init(_ detector: any Detector, _ request: BacktestRequest) {
        self.detector = detector
        self.request = request
        anomalies = Earliest(limit: request.alertLimit)
        alerts = Earliest(limit: request.alertLimit)
        plots = BusiestPlots(limit: request.plotLimit)
        detector.reserveSlots(1)
    }

    /// - Precondition: the segments of a subject come one after another.
    func take(_ segment: StoredSegment) throws {
        if subject != segment.subject { begin(segment) }
        let places = segment.batch.series.map { place(of: SensorName(of: $0)) }
        let findings = try judge(segment.batch)
        count(segment.batch, places)
        for anomaly in findings.anomalies { note(anomaly, in: segment, places) }
        for place in Set(places).sorted() {
            current[place].alerts.take(findings, of: current[place].plot.name, in: segment)
            noteAlerts(place)
        }
    }

    private func place(of name: SensorName) -> Int {
        if let place = current.firstIndex(where: { $0.plot.name == name }) { return place }
        current.append(SeriesTrial(alerts: AlertTrial(request), plot: SeriesPlot(name: name)))
        return current.count - 1
    }

    /// Ends the trial.
    func outcome() -> BacktestOutcome {
        finishSubject()
        return BacktestOutcome(
            request: request, tally: tally, alerts: alerts.sorted, anomalies: anomalies.sorted, plots: plots.sorted)
    }

    private func begin(_ segment: StoredSegment) {
        finishSubject()
        detector.reset(slot: Self.slot)
        subject = segment.subject
    }

    private func judge(_ batch: ReadingBatch) throws -> DetectorFindings {
        let input = DetectorInput(
            batch: batch, slots: batch.series.map { _ in Int32(Self.slot) }, learning: batch.series.map { _ in .learn },
            now: Timestamp(microseconds: batch.receivedAt.last ?? 0))
        var findings = DetectorFindings(rows: batch.count)
        let start = ContinuousClock.now
        try detector.detect(input, into: &findings)
        tally.detection += .now - start
        return findings
    }

    private func isReported(_ time: Int64) -> Bool { time >= request.from.microseconds }

    private func count(_ batch: ReadingBatch, _ places: [Int]) {
        for row in 0..<batch.count {
            guard isReported(batch.timestamp[row]) else {
                tally.learntBefore += 1
                continue
            }
            tally.readings += 1
            let place = places[Int(batch.seriesIndex[row])]
            current[place].readings += 1
            if request.plotLimit > 0 { current[place].plot.values.add(batch.value[row], at: batch.timestamp[row]) }
        }
    }

    private func note(_ anomaly: Anomaly, in segment: StoredSegment, _ places: [Int]) {
        let row = Int(anomaly.row)
        guard isReported(segment.batch.timestamp[row]) else { return }
        tally.anomalies += 1
        current[places[Int(segment.batch.seriesIndex[row])]].plot.anomalies += 1
        anomalies.append(segment.found(anomaly, row))
    }

    private func noteAlerts(_ place: Int) {
        for alert in current[place].alerts.takeRaised() {
            tally.alerts += 1
            tally.messages += alert.messages
            current[place].plot.alerts += 1
            alerts.append(alert)
        }
    }

    private func finishSubject() {
        for place in current.indices {
            current[place].alerts.finishSeries()
            noteAlerts(place)
            finish(current[place])
        }
        current = []
        subject = nil
    }

    private func finish(_ series: SeriesTrial) {
        guard series.readings > 0 else { return }
        tally.series += 1
        if case .warming = detector.phase(slot: Self.slot) { tally.seriesWarming += 1 }
        guard series.plot.alerts > 0 else { return }
        tally.seriesWithAlerts += 1
        plots.append(series.plot)
    }
}

/// A series whose turn it is.
private struct SeriesTrial {
    var alerts: AlertTrial
    var readings = 0
    var plot: SeriesPlot
}

extension StoredSegment {
    /// With the id that anomaly-detector gives it.
    fileprivate func found(_ anomaly: Anomaly, _ row: Int) -> Alert {
        let event = EventID(identity: delivery[row], position: batch.position[row])
        var anomaly = anomaly
        // Rows of a page say nothing to anybody.
        anomaly.row = event.position
        let series = batch.series(ofRow: row)
        return Alert(
            id: "\(event)-\(anomaly.detector)", device: series.device, sensor: series.sensor, unit: series.unit,
            value: batch.value[row],
            timestamp: Timestamp(microseconds: batch.timestamp[row]), anomaly: anomaly, location: nil)
    }
}
