import HTTPEndpoints

/// The page for people: files of the folder `Dashboard`, served as they stand. Nothing on it is inline or from elsewhere.
enum DashboardFiles {
    /// Text that a script puts into the page cannot become script either, since nothing may make any of it (trusted types).
    static let contentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

    struct File {
        /// Under `/app/`, but for `index.html`, which is `/`.
        let name: String
        let bytes: [UInt8]

        var path: String { name == "index.html" ? "/" : "/app/\(name)" }
    }

    /// Everything in the folder.
    static let all = [
        File(name: "index.html", bytes: PackageResources.index_html),
        File(name: "style.css", bytes: PackageResources.style_css),
        File(name: "parts.css", bytes: PackageResources.parts_css),
        File(name: "icon.svg", bytes: PackageResources.icon_svg),
        File(name: "uplot.js", bytes: PackageResources.uplot_js),
        File(name: "uplot.css", bytes: PackageResources.uplot_css),
        File(name: "uplot.LICENSE.txt", bytes: PackageResources.uplot_LICENSE_txt),
        File(name: "alert.js", bytes: PackageResources.alert_js),
        File(name: "alertactions.js", bytes: PackageResources.alertactions_js),
        File(name: "alerts.js", bytes: PackageResources.alerts_js),
        File(name: "answers.js", bytes: PackageResources.answers_js),
        File(name: "api.js", bytes: PackageResources.api_js),
        File(name: "chart.js", bytes: PackageResources.chart_js),
        File(name: "deadletter.js", bytes: PackageResources.deadletter_js),
        File(name: "deadletters.js", bytes: PackageResources.deadletters_js),
        File(name: "device.js", bytes: PackageResources.device_js),
        File(name: "devices.js", bytes: PackageResources.devices_js),
        File(name: "dialogs.js", bytes: PackageResources.dialogs_js),
        File(name: "dom.js", bytes: PackageResources.dom_js),
        File(name: "figures.js", bytes: PackageResources.figures_js),
        File(name: "ledger.js", bytes: PackageResources.ledger_js),
        File(name: "main.js", bytes: PackageResources.main_js),
        File(name: "notices.js", bytes: PackageResources.notices_js),
        File(name: "overview.js", bytes: PackageResources.overview_js),
        File(name: "pipeline.js", bytes: PackageResources.pipeline_js),
        File(name: "recent.js", bytes: PackageResources.recent_js),
        File(name: "refresh.js", bytes: PackageResources.refresh_js),
        File(name: "router.js", bytes: PackageResources.router_js),
        File(name: "series.js", bytes: PackageResources.series_js),
        File(name: "services.js", bytes: PackageResources.services_js),
        File(name: "sparkline.js", bytes: PackageResources.sparkline_js),
        File(name: "states.js", bytes: PackageResources.states_js),
        File(name: "store.js", bytes: PackageResources.store_js),
        File(name: "stream.js", bytes: PackageResources.stream_js),
        File(name: "table.js", bytes: PackageResources.table_js),
        File(name: "text.js", bytes: PackageResources.text_js),
    ]

    /// Open to everybody: there is nothing in them but the page.
    static var routes: [HTTPRoute] {
        all.map { file in
            let answer = answer(file)
            return HTTPRoute(file.path) { _ in answer }
        }
    }

    private static func answer(_ file: File) -> HTTPAnswer {
        var answer = HTTPAnswer(contentType: contentType(file.name), body: String(decoding: file.bytes, as: UTF8.self))
        answer.headers = [
            "Content-Security-Policy": contentSecurityPolicy, "Referrer-Policy": "no-referrer",
            "Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
        ]
        return answer
    }

    static func contentType(_ name: String) -> String {
        switch name.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js": "text/javascript; charset=utf-8"
        case "svg": "image/svg+xml"
        default: "text/plain; charset=utf-8"
        }
    }
}
