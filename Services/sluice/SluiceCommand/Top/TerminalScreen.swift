import Glibc

/// The second screen of a terminal (xterm's `?1049`), so that what was there before is there again afterwards.
struct TerminalScreen {
    static let entering = "\u{1B}[?1049h\u{1B}[?25l"
    static let leaving = "\u{1B}[?25h\u{1B}[?1049l"

    struct Size: Hashable {
        var columns: Int
        var rows: Int

        /// Of standard output; what terminals have by tradition when it does not say.
        static var current: Size {
            var size = winsize()
            guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else {
                return Size(columns: 80, rows: 24)
            }
            return Size(columns: Int(size.ws_col), rows: Int(size.ws_row))
        }
    }

    /// What shows these lines in the place of what is there. It overwrites line by line, since clearing first would flicker.
    ///
    /// - Parameter size: what does not fit is cut, and told.
    static func drawing(_ lines: [String], in size: Size) -> String {
        let fits = lines.count <= size.rows
        var shown = fits ? lines : Array(lines.prefix(max(0, size.rows - 1)))
        if !fits { shown.append("… \(lines.count - shown.count) more lines") }
        let text = shown.map { cut($0, to: size.columns) + "\u{1B}[K" }.joined(separator: "\r\n")
        return "\u{1B}[H" + text + "\u{1B}[J"
    }

    /// The first cells of a line; escape sequences take none, and all of them stay, so that no colour runs on.
    static func cut(_ line: String, to columns: Int) -> String {
        var (kept, used, isEscape) = ("", 0, false)
        for character in line {
            if isEscape || character == "\u{1B}" {
                isEscape = character != "m"
                kept.append(character)
                continue
            }
            let width = String(character).displayWidth
            used += width
            if used <= columns { kept.append(character) }
        }
        return kept
    }
}
