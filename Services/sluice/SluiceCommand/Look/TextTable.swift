/// Columns below each other, as wide as what is in them: text from the left, numbers from the right.
struct TextTable: Sendable {
    struct Column: Sendable, ExpressibleByStringLiteral {
        enum Alignment: Sendable {
            case left
            case right
        }

        let title: String
        let alignment: Alignment

        init(stringLiteral title: String) {
            (self.title, alignment) = (title, .left)
        }

        private init(_ title: String, _ alignment: Alignment) {
            (self.title, self.alignment) = (title, alignment)
        }

        static func number(_ title: String) -> Column { Column(title, .right) }
    }

    struct Cell: Sendable, ExpressibleByStringInterpolation {
        let text: String
        let style: Style

        init(_ text: String, _ style: Style = .plain) {
            self.text = Self.printable(text)
            self.style = style
        }

        init(stringLiteral text: String) {
            self.init(text)
        }

        /// A device's name that holds an escape sequence must not reach the terminal as one.
        static func printable(_ text: String) -> String {
            guard text.unicodeScalars.contains(where: \.isControl) else { return text }
            var shown = String.UnicodeScalarView()
            for scalar in text.unicodeScalars { shown.append(scalar.isControl ? "\u{FFFD}" : scalar) }
            return String(shown)
        }
    }

    private let columns: [Column]
    private let rows: [[Cell]]

    /// - Parameter rows: as many cells each as there are columns.
    init(_ columns: [Column], _ rows: [[Cell]]) {
        (self.columns, self.rows) = (columns, rows)
    }

    init(_ columns: [Column], texts: [[String]]) {
        self.init(columns, texts.map { row in row.map { Cell($0) } })
    }

    /// - Parameter least: widths that the columns have at least.
    func lines(_ palette: Palette = .colorless, widths least: [Int] = []) -> [String] {
        let header = columns.map { Cell($0.title, .heading) }
        let widths = columns.indices.map { column in
            max(
                ([header] + rows).map { $0[column].text.displayWidth }.max() ?? 0,
                least.indices.contains(column) ? least[column] : 0)
        }
        return ([header] + rows).map { line($0, widths, palette) }
    }

    func text(_ palette: Palette = .colorless) -> String {
        lines(palette).joined(separator: "\n")
    }

    /// Without blanks at its end.
    private func line(_ row: [Cell], _ widths: [Int], _ palette: Palette) -> String {
        let last = row.lastIndex { !$0.text.isEmpty } ?? -1
        let cells = row.indices.prefix(last + 1).map { index in
            let filler = String(repeating: " ", count: widths[index] - row[index].text.displayWidth)
            let shown = palette.paint(row[index].text, row[index].style)
            switch columns[index].alignment {
            case .right: return filler + shown
            case .left: return index == last ? shown : shown + filler
            }
        }
        return cells.joined(separator: "  ")
    }
}

/// Names with what they name beside them.
struct FieldList {
    let fields: [(name: String, value: String)]

    /// - Parameter fields: nil: there is no such thing, and no line.
    init(_ fields: [(String, String?)]) {
        self.fields = fields.compactMap { name, value in value.map { (name, $0) } }
    }

    func lines(_ palette: Palette = .colorless) -> [String] {
        let width = fields.map(\.name.displayWidth).max() ?? 0
        return fields.map { name, value in
            palette.paint(name, .heading) + String(repeating: " ", count: width - name.displayWidth) + "  "
                + TextTable.Cell.printable(value)
        }
    }
}

extension Unicode.Scalar {
    fileprivate var isControl: Bool { properties.generalCategory == .control }
}
