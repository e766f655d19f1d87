import Alerting
import Model

/// One series as a figure of the page: its values, and its alerts as marks that lead to their rows.
struct PlotFigure {
    let plot: SeriesPlot
    /// Those of the series, with their rows in the table.
    let alerts: [(row: Int, alert: RaisedAlert)]

    /// Empty when there is nothing to draw.
    var html: String {
        guard let span = plot.values.span, let range = plot.values.range else { return "" }
        let frame = PlotFrame(span: span, range: range)
        let times = [span.lowerBound, span.upperBound].map { Timestamp(microseconds: $0).brief }
        return """
            <figure>
            <figcaption><h3><bdi>\(plot.name.device.inHTML)</bdi> · <bdi>\(plot.name.sensor.inHTML)</bdi></h3>
            <p>\(caption(range))</p></figcaption>
            <svg viewBox="0 0 \(PlotFrame.width.plain) \(PlotFrame.height.plain)" preserveAspectRatio="none" role="group" \
            aria-label="\(label(times).inHTML)">
            \(alerts.map { expected($0.alert, frame) + firing($0.alert, frame) }.joined())
            <path class="values" d="\(frame.path(plot.values.columns))"/>
            \(alerts.map { mark($0.row, $0.alert, frame) }.joined(separator: "\n"))
            </svg>
            <p class="times"><time>\(times[0])</time><time>\(times[1])</time></p>
            </figure>
            """
    }

    private func caption(_ range: ClosedRange<Double>) -> String {
        let unit = alerts.first.map { " \($0.alert.subject.unit)" } ?? ""
        let unlisted = plot.alerts - alerts.count
        let rest = unlisted > 0 ? ", \(unlisted) of them beyond the limit and not marked" : ""
        let values = "\(range.lowerBound.brief) to \(range.upperBound.brief)\(unit)".inHTML
        return "\(values); \(plot.anomalies) anomalies, \(plot.alerts) alerts\(rest)"
    }

    private func label(_ times: [String]) -> String {
        "\(plot.name.sensor) of \(plot.name.device) from \(times[0]) to \(times[1]), \(plot.alerts) alerts"
    }

    /// What the detector took for usual, as a bar behind the values.
    private func expected(_ alert: RaisedAlert, _ frame: PlotFrame) -> String {
        guard let range = alert.expected else { return "" }
        let (top, bottom) = (frame.y(range.upperBound).coordinate, frame.y(range.lowerBound).coordinate)
        let x = frame.x(alert.subject.time.microseconds).coordinate
        return "<path class=\"expected\" d=\"M\(x) \(top)V\(bottom)\"/>"
    }

    /// For how long it fired, as a line along the lower edge; to the right edge when it still fires.
    private func firing(_ alert: RaisedAlert, _ frame: PlotFrame) -> String {
        guard let start = alert.firedAt else { return "" }
        func x(_ time: Timestamp) -> Double { min(max(frame.x(time.microseconds), 0), PlotFrame.width) }
        let end = alert.resolvedAt.map(x) ?? PlotFrame.width
        let y = PlotFrame.height.coordinate
        return "<path class=\"firing\" d=\"M\(x(start).coordinate) \(y)H\(max(end, x(start)).coordinate)\"/>"
    }

    private func mark(_ row: Int, _ alert: RaisedAlert, _ frame: PlotFrame) -> String {
        let x = frame.x(alert.subject.time.microseconds).coordinate
        let y = frame.y(alert.subject.value ?? .nan).coordinate
        let why = "\(alert.subject.time.brief): \(alert.why)".inHTML
        return """
            <a href="#alert-\(row)" aria-label="Alert, \(why)"><path class="alert" d="M\(x) \(y)h0.01"><title>\(why)</title>\
            </path></a>
            """
    }
}
