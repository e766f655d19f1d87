import Foundation
import Processes
import TestServers

/// What a page looks like to those who open it: Debian's Chromium, without a screen.
struct Browser {
    /// What the browser made of a page.
    struct Sight: Decodable {
        /// Of the plots, each within its figure.
        var plots: [Box]
        var lines: Int
        var marks: [Mark]
        var rows: [Row]
        /// Of the window without its scroll bar, and of what is in it.
        var width: Double
        var contentWidth: Double
        /// Elements that begin before the left edge or end beyond the right one, and have no scroll bar of their own.
        var cut: [String]
        /// Elements that are scrolled sideways to be read.
        var scrollers: Int
        var smallestFont: Double
        /// All that the page asked for, in vain or not.
        var requests: [String]
        /// What the browser said about the page.
        var console: [String] = []

        private enum CodingKeys: CodingKey {
            case plots, lines, marks, rows, width, contentWidth, cut, scrollers, smallestFont, requests
        }
    }

    struct Box: Decodable {
        var width: Double
        var height: Double
    }

    /// A dot of a plot.
    struct Mark: Decodable {
        var title: String
        var color: String
        /// Of the stroke, in pixels.
        var size: Double
        var isInPlot: Bool
        /// The row that it leads to; nil when there is none.
        var row: Int?
    }

    struct Row: Decodable {
        /// The texts of its cells.
        var cells: [String]
        var isVisible: Bool
    }

    /// It is never passed over: a page that nobody has looked at counts for nothing.
    struct Missing: Error, CustomStringConvertible {
        let description = "chromium is not installed (`.ci/install-packages test` does that): pages cannot be looked at"
    }

    struct SawNothing: Error, CustomStringConvertible {
        let description: String
    }

    private let program: String

    /// - Throws: ``Missing``.
    init(paths: [String] = ["/usr/bin/chromium", "/usr/bin/chromium-browser"]) throws {
        guard let found = paths.first(where: FileManager.default.isExecutableFile) else { throw Missing() }
        program = found
    }

    /// Opens a page in a window so many pixels wide.
    func look(at page: String, width: Int) async throws -> Sight {
        let folder = try TestDirectory.make()
        try page.write(toFile: "\(folder)/page.html", atomically: true, encoding: .utf8)
        try Self.observer(width: width).write(toFile: "\(folder)/observer.html", atomically: true, encoding: .utf8)
        let arguments = [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--allow-file-access-from-files", "--enable-logging=stderr", "--user-data-dir=\(folder)/profile",
            "--timeout=60000", "--dump-dom", "file://\(folder)/observer.html",
        ]
        // What starts without a home of its own would look for that of another account.
        let (status, text) = try await Command(program, arguments, environment: ["HOME": folder]).run()
        guard let match = text.firstMatch(of: /<pre>([^<]+)<\/pre>/), let json = match.1.removingPercentEncoding else {
            throw SawNothing(description: "\(program) ended with \(status) and showed nothing: \(text.suffix(2_000))")
        }
        var sight = try JSONDecoder().decode(Sight.self, from: Data(json.utf8))
        sight.console = text.split(separator: "\n").filter { $0.contains(":CONSOLE") }.map(String.init)
        return sight
    }

    /// A page that shows the other in a frame and measures it: that one lets no script run in itself.
    private static func observer(width: Int) -> String {
        """
        <!doctype html><meta charset="utf-8">
        <iframe src="page.html" style="border: 0; width: \(width)px; height: 800px"></iframe><pre></pre>
        <script>
        function measure(page, view) {
          const all = query => [...page.querySelectorAll(query)], box = element => element.getBoundingClientRect();
          const style = element => view.getComputedStyle(element), width = page.documentElement.clientWidth;
          const rows = all("tbody tr");
          const scrolls = element => element && (["auto", "scroll"].includes(style(element).overflowX)
            || scrolls(element.parentElement));
          const isCut = element => box(element).width > 0 && !scrolls(element.parentElement)
            && style(element).position != "absolute" && (box(element).left < 0 || box(element).right > width + 0.5);
          const mark = path => {
            const [dot, plot] = [box(path), box(path.closest("svg"))];
            const row = rows.indexOf(page.querySelector(path.closest("a").getAttribute("href")));
            return { title: path.querySelector("title").textContent, color: style(path).stroke,
              size: parseFloat(style(path).strokeWidth), row: row < 0 ? null : row,
              isInPlot: dot.left >= plot.left - 1 && dot.right <= plot.right + 1 && dot.top >= plot.top - 1
                && dot.bottom <= plot.bottom + 1 };
          };
          return { plots: all("figure svg").map(plot => ({ width: box(plot).width, height: box(plot).height })),
            lines: all("figure svg path.values").filter(path => path.getTotalLength() > 0).length,
            marks: all("figure svg a path.alert").map(mark),
            rows: rows.map(row => ({ cells: [...row.cells].map(cell => cell.innerText),
              isVisible: box(row).width > 0 && box(row).height > 0 })),
            width, contentWidth: page.documentElement.scrollWidth,
            cut: all("body *").filter(isCut).map(element => element.outerHTML.slice(0, 200)),
            scrollers: all("body *").filter(element => ["auto", "scroll"].includes(style(element).overflowX)
              && element.scrollWidth > element.clientWidth).length,
            smallestFont: Math.min(...all("h1, h2, h3, p, dt, dd, th, td").map(e => parseFloat(style(e).fontSize))),
            requests: view.performance.getEntriesByType("resource").map(request => request.name) };
        }
        document.querySelector("iframe").onload = event => {
          const view = event.target.contentWindow;
          document.querySelector("pre").textContent = encodeURIComponent(JSON.stringify(measure(view.document, view)));
        };
        </script>
        """
    }
}
