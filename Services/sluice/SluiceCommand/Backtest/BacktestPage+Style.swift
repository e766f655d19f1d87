extension BacktestPage {
    /// Light and dark as the reader's system is; one column from a phone on.
    static let style = """
        :root { color-scheme: light dark; --ground: #fff; --text: #1b1f24; --quiet: #57606a; --line: #d0d7de;
          --values: #0b6bcb; --alert: #c8102e; --expected: #2da44e; }
        @media (prefers-color-scheme: dark) { :root { --ground: #11151a; --text: #e6edf3; --quiet: #9aa4af;
          --line: #30363d; --values: #6cb6ff; --alert: #ff6b6b; --expected: #57ab5a; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 75rem; padding: 1rem; background: var(--ground); color: var(--text);
          font: 1rem/1.5 system-ui, sans-serif; }
        h1 { font-size: 1.5rem; overflow-wrap: anywhere; } h2 { font-size: 1.25rem; margin-top: 2rem; }
        h3 { font-size: 1rem; margin: 0; overflow-wrap: anywhere; }
        dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .5rem 1rem; margin: 0; }
        dt, figcaption p, .times { color: var(--quiet); font-size: .875rem; }
        dd { margin: 0; font-size: 1.125rem; font-variant-numeric: tabular-nums; }
        figure { margin: 1.5rem 0; } figcaption p { margin: 0 0 .25rem; }
        svg { display: block; width: 100%; height: 11rem; border-block: 1px solid var(--line); overflow: visible; }
        svg path { fill: none; vector-effect: non-scaling-stroke; stroke-linecap: round; stroke-linejoin: round; }
        .values { stroke: var(--values); stroke-width: 1.25px; }
        .expected { stroke: var(--expected); stroke-width: 3px; opacity: .45; }
        .firing { stroke: var(--alert); stroke-width: 4px; stroke-linecap: butt; opacity: .6; }
        .alert { stroke: var(--alert); stroke-width: 9px; }
        a:focus .alert, a:hover .alert { stroke-width: 15px; }
        .times { display: flex; justify-content: space-between; gap: 1rem; flex-wrap: wrap; margin: .25rem 0 0; }
        .wide { overflow-x: auto; }
        table { border-collapse: collapse; width: 100%; font-size: .875rem; }
        th, td { text-align: start; vertical-align: top; padding: .375rem .75rem .375rem 0;
          border-bottom: 1px solid var(--line); }
        th[scope=row] { font-weight: normal; white-space: nowrap; font-variant-numeric: tabular-nums; }
        td.number { text-align: end; font-variant-numeric: tabular-nums; }
        td.why { min-width: 18rem; } td.id { overflow-wrap: anywhere; min-width: 8rem; }
        @media (max-width: 64rem) {
          thead { position: absolute; clip-path: inset(50%); }
          tr { display: block; padding: .5rem 0; border-bottom: 1px solid var(--line); }
          th, td { display: inline-block; max-width: 100%; padding: 0 .375rem 0 0; border: 0; overflow-wrap: anywhere; }
          td.why { display: block; }
          .opened::before { content: "opened "; } .resolved:has(time)::before { content: "over "; }
        }
        tr:target { background: color-mix(in srgb, var(--alert) 18%, transparent); }
        """
}

extension String {
    /// As the content of an element or between double quotes of an attribute, whatever it holds.
    var inHTML: String {
        var text = ""
        text.reserveCapacity(utf8.count)
        for scalar in unicodeScalars {
            switch scalar {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case "'": text += "&#39;"
            // No page may hold these, escaped or not.
            case "\u{0}"..."\u{8}", "\u{B}"..."\u{1F}", "\u{7F}"..."\u{9F}": text += "\u{FFFD}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
