import HTTPEndpoints
import Model

/// The page for people. It is made here, with everything escaped; the script only fetches its middle again.
enum StatusPage {
    /// No inline script or style, nothing from elsewhere.
    static let contentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    static func routes(for watch: FleetWatch) -> [HTTPRoute] {
        [
            HTTPRoute("/") { _ in page(await watch.status) },
            HTTPRoute("/cards") { _ in .html(cards(await watch.status)) },
            HTTPRoute("/style.css") { _ in HTTPAnswer(contentType: "text/css; charset=utf-8", body: style) },
            HTTPRoute("/app.js") { _ in HTTPAnswer(contentType: "text/javascript; charset=utf-8", body: script) },
            HTTPRoute("/icon.svg") { _ in HTTPAnswer(contentType: "image/svg+xml", body: icon) },
        ]
    }

    static func page(_ status: FleetStatus) -> HTTPAnswer {
        var answer = HTTPAnswer.html(
            """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <title>Sluice</title>
            <link rel="icon" href="/icon.svg" type="image/svg+xml">
            <link rel="stylesheet" href="/style.css">
            <script src="/app.js" defer></script>
            <noscript><meta http-equiv="refresh" content="5"></noscript>
            </head>
            <body>
            <header><h1>Sluice</h1><a href="/api/status">/api/status</a></header>
            <p id="silence" role="status" hidden>The monitor does not answer; what is below is old.</p>
            <main id="cards">\(cards(status))</main>
            </body>
            </html>

            """)
        answer.headers = ["Content-Security-Policy": contentSecurityPolicy, "Referrer-Policy": "no-referrer"]
        return answer
    }

    /// One card an instance, below a sentence about all of them.
    static func cards(_ status: FleetStatus) -> String {
        let counts = InstanceState.allCases.compactMap { state in
            let count = status.instances.count { $0.state == state }
            return count == 0 ? nil : "\(count) \(state.rawValue)"
        }
        let summary = counts.isEmpty ? "no instances found" : counts.joined(separator: ", ")
        let time = "<time datetime=\"\(status.time)\">\(status.time.dropFirst(11).prefix(8))</time> UTC"
        return """
            <p class="summary \(status.state.rawValue)"><b>\(status.state.rawValue)</b>: \(summary), at \(time)</p>
            <ul>
            \(status.instances.map(card).joined())</ul>

            """
    }

    private static func card(_ instance: FleetStatus.Instance) -> String {
        let heading = instance.url.map { "<a href=\"\(escape($0))/healthz\">\(escape(instance.instance))</a>" }
        let facts = facts(instance).map { "<dt>\($0)</dt><dd>\(escape($1))</dd>" }.joined()
        let detail = instance.detail.isEmpty ? "" : "<p class=\"detail\">\(escape(instance.detail))</p>"
        return """
            <li class="\(instance.state.rawValue)">
            <h2>\(heading ?? escape(instance.instance))</h2>
            <p class="state">\(instance.state.rawValue) \(since(instance))</p>
            \(detail)
            <dl>\(facts)</dl>
            </li>

            """
    }

    /// To the second, as in `2026-11-22 21:28:55`.
    private static func since(_ instance: FleetStatus.Instance) -> String {
        let text = instance.since.prefix(19).replacing("T", with: " ")
        return "<time datetime=\"\(instance.since)\">since \(text)</time>"
    }

    private static func facts(_ instance: FleetStatus.Instance) -> [(String, String)] {
        let throughput = instance.throughput
        let all: [(String, String?)] = [
            ("in", throughput.receivedPerSecond.map { "\(HumanText.count($0))/s" }),
            ("out", throughput.sentPerSecond.map { "\(HumanText.count($0))/s" }),
            ("in flight", throughput.inFlight.map(HumanText.count)),
            ("discarded", throughput.discarded.flatMap { $0 > 0 ? HumanText.count($0) : nil }),
            ("errors", throughput.errors.flatMap { $0 > 0 ? HumanText.count($0) : nil }),
            ("spool", throughput.spoolBytes.map(HumanText.bytes)),
            ("memory", instance.memoryBytes.map(HumanText.bytes)),
            ("CPU", instance.cpu.map { "\(Int(($0 * 100).rounded())) %" }),
            ("up", instance.uptime.map(HumanText.age)),
            ("restarts", instance.restarts > 0 ? "\(instance.restarts)" : nil),
            ("version", instance.version),
        ]
        return all.compactMap { name, value in value.map { (name, $0) } }
    }

    /// For text and for attributes in double quotes.
    static func escape(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
    }
}
