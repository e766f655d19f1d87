import Alerting
import DetectorCatalog
import Model

/// The outcome as a page that needs nothing else: no script, no font, no picture from elsewhere.
struct BacktestPage {
    let text: String

    init(_ outcome: BacktestOutcome) {
        let name = outcome.request.detector.name.inHTML
        text = """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <title>Backtest of \(name)</title>
            <style>\(Self.style)</style>
            </head>
            <body>
            <header>
            <h1>Backtest of <bdi>\(name)</bdi></h1>
            <p>\(Self.span(outcome.request))</p>
            \(Self.figures(outcome.tally))
            </header>
            <main>
            \(Self.plots(outcome))
            \(Self.alerts(outcome))
            </main>
            </body>
            </html>
            """
    }

    private static func span(_ request: BacktestRequest) -> String {
        let times = "<time>\(request.from.brief)</time> to <time>\(request.to.brief)</time>"
        guard request.warmUp > .zero else { return "\(times), from a cold start" }
        return "\(times), having learnt since <time>\(request.learnsFrom.brief)</time>"
    }

    private static func figures(_ tally: BacktestTally) -> String {
        let figures = [
            ("Readings", "\(tally.readings)"), ("Learnt before", "\(tally.learntBefore)"),
            ("Series", "\(tally.series)"), ("Still warming", "\(tally.seriesWarming)"),
            ("Anomalies", "\(tally.anomalies)"), ("Alerts", "\(tally.alerts)"), ("Messages", "\(tally.messages)"),
            ("Alerts per 1000 readings", tally.alertsPerThousandReadings.brief),
            ("ns a reading", tally.nanosecondsPerReading.brief),
        ]
        let items = figures.map { "<div><dt>\($0)</dt><dd>\($1)</dd></div>" }
        return "<dl>\n\(items.joined(separator: "\n"))\n</dl>"
    }

    private static func plots(_ outcome: BacktestOutcome) -> String {
        guard !outcome.plots.isEmpty else { return "" }
        let numbered = Dictionary(grouping: outcome.alerts.enumerated(), by: \.element.series)
        let figures = outcome.plots.map { plot in
            PlotFigure(plot: plot, alerts: numbered[plot.name, default: []].map { ($0.offset + 1, $0.element) }).html
        }
        let rest = outcome.tally.seriesWithAlerts - outcome.plots.count
        let note = rest > 0 ? "<p>\(rest) more series with alerts are not drawn; --plots draws more.</p>" : ""
        return """
            <section aria-labelledby="series">
            <h2 id="series">Series with the most alerts</h2>
            <p>Each dot is the reading that an alert fired with, and leads to its row below. The bar behind it is the range that \
            was expected then; the line along the lower edge is for how long it fired.</p>
            \(figures.joined(separator: "\n"))
            \(note)
            </section>
            """
    }

    private static func alerts(_ outcome: BacktestOutcome) -> String {
        guard !outcome.alerts.isEmpty else { return "<p>No alerts.</p>" }
        let isWhole = outcome.alerts.count == outcome.tally.alerts
        return """
            <section aria-labelledby="alerts">
            <h2 id="alerts">Alerts</h2>
            \(isWhole ? "" : "<p>\(outcome.omission.inHTML)</p>")
            <div class="wide" role="region" aria-labelledby="alerts" tabindex="0">
            <table>
            <thead><tr>\(columns.map { "<th scope=\"col\">\($0)</th>" }.joined())</tr></thead>
            <tbody>
            \(outcome.alerts.enumerated().map { row($0 + 1, $1) }.joined(separator: "\n"))
            </tbody>
            </table>
            </div>
            </section>
            """
    }

    private static let columns = [
        "Fired", "Device", "Sensor", "Value", "Unit", "Severity", "Opened", "Resolved", "Id", "Why",
    ]

    private static func row(_ number: Int, _ alert: RaisedAlert) -> String {
        let resolved = alert.resolvedAt.map { "<time>\($0.brief)</time>" } ?? alert.state.name
        let cells = [
            "<th scope=\"row\"><time>\((alert.firedAt ?? alert.openedAt).brief)</time></th>",
            "<td><bdi>\(alert.series.device.inHTML)</bdi></td>", "<td><bdi>\(alert.series.sensor.inHTML)</bdi></td>",
            "<td class=\"number\">\((alert.subject.value?.plain ?? "").inHTML)</td>",
            "<td>\(alert.subject.unit.inHTML)</td>", "<td>\(alert.severity.name)</td>",
            "<td class=\"opened\"><time>\(alert.openedAt.brief)</time></td>", "<td class=\"resolved\">\(resolved)</td>",
            "<td class=\"id\">\(alert.id.inHTML)</td>", "<td class=\"why\">\(alert.why.inHTML)</td>",
        ]
        return "<tr id=\"alert-\(number)\">\(cells.joined())</tr>"
    }
}
