import Alerting
import DetectorCatalog
import FoundationEssentials
import Model
import Platform

/// What scripts read.
struct BacktestReport: Codable {
    var detector: String
    var from: String
    var to: String
    /// Absent when it began cold at `from`.
    var learntFrom: String?
    var readings: Int
    var learntBefore: Int
    var series: Int
    var seriesWarming: Int
    var seriesWithAlerts: Int
    var anomalyCount: Int
    var alertCount: Int
    var alertsPer1000Readings: Double
    /// Of these alerts, as far as no silence and no inhibition kept them back.
    var messageCount: Int
    var nanosecondsPerReading: Double
    /// The earliest; fewer than `alertCount` when that is beyond the limit.
    var alerts: [ListedAlert]
    /// The earliest; fewer than `anomalyCount` when that is beyond the limit.
    var anomalies: [ListedAnomaly]

    struct ListedAlert: Codable {
        /// As in the table `alerts`: `<producer>-<sequence>-<position>-<detector>` of the reading that opened it.
        var id: String
        var opened: String
        /// When it last began to fire.
        var fired: String?
        /// Absent while it is not over.
        var resolved: String?
        var state: String
        var severity: String
        var messages: Int
        var device: String
        var sensor: String
        /// Of the reading that it last fired with, as is all that follows.
        var time: String
        var value: Double?
        var unit: String
        /// Numbers that JSON cannot express, infinities, are absent.
        var score: Double?
        var threshold: Double?
        var expectedLow: Double?
        var expectedHigh: Double?
        var why: String
    }

    struct ListedAnomaly: Codable {
        /// As in the table `anomalies`: `<producer>-<sequence>-<position>-<detector>`.
        var id: String
        var time: String
        var device: String
        var sensor: String
        var value: Double
        var unit: String
        /// Numbers that JSON cannot express, infinities, are absent.
        var score: Double?
        var threshold: Double?
        var expectedLow: Double?
        var expectedHigh: Double?
        var why: String
    }

    init(_ outcome: BacktestOutcome) {
        let (request, tally) = (outcome.request, outcome.tally)
        detector = request.detector.name
        from = request.from.iso8601
        to = request.to.iso8601
        learntFrom = request.warmUp > .zero ? request.learnsFrom.iso8601 : nil
        readings = tally.readings
        learntBefore = tally.learntBefore
        series = tally.series
        seriesWarming = tally.seriesWarming
        seriesWithAlerts = tally.seriesWithAlerts
        anomalyCount = tally.anomalies
        alertCount = tally.alerts
        alertsPer1000Readings = tally.alertsPerThousandReadings
        messageCount = tally.messages
        nanosecondsPerReading = tally.nanosecondsPerReading
        alerts = outcome.alerts.map(ListedAlert.init)
        anomalies = outcome.anomalies.map(ListedAnomaly.init)
    }
}

extension BacktestReport.ListedAlert {
    init(_ alert: RaisedAlert) {
        id = alert.id
        opened = alert.openedAt.iso8601
        fired = alert.firedAt?.iso8601
        resolved = alert.resolvedAt?.iso8601
        (state, severity, messages) = (alert.state.name, alert.severity.name, alert.messages)
        (device, sensor) = (alert.series.device, alert.series.sensor)
        time = alert.subject.time.iso8601
        value = alert.subject.value
        unit = alert.subject.unit
        score = alert.subject.anomaly?.score.ifFinite
        threshold = alert.subject.anomaly?.threshold.ifFinite
        expectedLow = alert.subject.anomaly?.expectedLow.ifFinite
        expectedHigh = alert.subject.anomaly?.expectedHigh.ifFinite
        why = alert.why
    }
}

extension BacktestReport.ListedAnomaly {
    init(_ alert: Alert) {
        id = alert.id
        time = alert.timestamp.iso8601
        device = alert.device
        sensor = alert.sensor
        value = alert.value
        unit = alert.unit
        score = alert.anomaly.score.ifFinite
        threshold = alert.anomaly.threshold.ifFinite
        expectedLow = alert.anomaly.expectedLow.ifFinite
        expectedHigh = alert.anomaly.expectedHigh.ifFinite
        why = alert.anomaly.why
    }
}

/// For people at a terminal.
struct BacktestTable {
    let text: String

    init(_ outcome: BacktestOutcome, _ palette: Palette = .colorless) {
        let columns: [TextTable.Column] = [
            "ID", "OPENED", "FIRED", "RESOLVED", "SEVERITY", "DEVICE", "SENSOR", .number("VALUE"), "UNIT", "WHY",
        ]
        let rows = outcome.alerts.map { alert in
            [
                alert.id, alert.openedAt.brief, alert.firedAt?.brief ?? "", alert.resolvedAt?.brief ?? alert.state.name,
                alert.severity.name, alert.series.device, alert.series.sensor, alert.subject.value?.plain ?? "",
                alert.subject.unit, alert.why,
            ]
        }
        var lines = rows.isEmpty ? [] : TextTable(columns, texts: rows).lines(palette) + [""]
        if outcome.tally.alerts > rows.count { lines.append(outcome.omission) }
        text = (lines + [outcome.summary]).joined(separator: "\n")
    }
}

extension BacktestOutcome {
    var summary: String {
        let learnt = tally.learntBefore > 0 ? " (and \(tally.learntBefore) learnt before)" : ""
        return """
            \(request.detector.name): \(tally.readings) readings\(learnt) of \(tally.series) series, \
            \(tally.anomalies) anomalies, \(tally.alerts) alerts, \(tally.alertsPerThousandReadings.brief) per 1000 readings, \
            \(tally.messages) messages; \
            \(tally.seriesWarming) series still warming; \(tally.nanosecondsPerReading.brief) ns a reading
            """
    }

    /// - Precondition: there are more alerts than are listed.
    var omission: String { "the first \(alerts.count) of \(tally.alerts) alerts; --limit lists more" }
}

extension Double {
    fileprivate var ifFinite: Double? { isFinite ? self : nil }

    /// As it was sent, without the point of whole numbers.
    var plain: String { description.hasSuffix(".0") ? String(description.dropLast(2)) : description }

    /// Four significant digits.
    var brief: String { significant(4) }
}

extension Timestamp {
    /// To the second, or as exactly as it is.
    var brief: String { iso8601.hasSuffix(".000000Z") ? String(iso8601.dropLast(8)) + "Z" : iso8601 }
}
