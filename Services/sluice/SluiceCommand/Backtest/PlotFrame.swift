/// Where times and values of one series are on its drawing.
///
/// The drawing is stretched to the width of the page, so nothing in it may depend on being round: strokes do not scale, and
/// marks are dots of a stroke.
struct PlotFrame {
    static let width = 1_000.0
    static let height = 200.0
    /// Above the greatest value and below the smallest.
    private static let margin = 12.0

    private let span: ClosedRange<Int64>
    private let range: ClosedRange<Double>

    init(span: ClosedRange<Int64>, range: ClosedRange<Double>) {
        self.span = span
        self.range = range
    }

    /// From 0 to the width.
    func x(_ time: Int64) -> Double {
        // As doubles: the times of readings may be further apart than there are integers.
        let length = Double(span.upperBound) - Double(span.lowerBound)
        guard length > 0 else { return Self.width / 2 }
        return (Double(time) - Double(span.lowerBound)).share(of: length) * Self.width
    }

    /// From the height at the smallest value to 0 at the greatest; what is beyond them is at the edge.
    func y(_ value: Double) -> Double {
        // Halves, since the difference of two doubles may be beyond the greatest one.
        let length = range.upperBound / 2 - range.lowerBound / 2
        guard length > 0 else {
            return value == range.lowerBound ? Self.height / 2 : value < range.lowerBound ? Self.height : 0
        }
        let share = (value / 2 - range.lowerBound / 2) / length
        let y = Self.height - Self.margin - share * (Self.height - 2 * Self.margin)
        return y.isNaN ? Self.height / 2 : min(max(y, 0), Self.height)
    }
}

extension PlotFrame {
    /// One line through the columns, from the nearer end of each to the farther one. Broken where nothing came for long.
    func path(_ columns: [ValueColumns.Column]) -> String {
        let gap = (Double(span.upperBound) - Double(span.lowerBound)) * 20 / Double(max(columns.count, 1))
        var path = ""
        var last: (time: Int64, y: Double)?
        for column in columns {
            let x = x(column.time).coordinate
            var ends = [y(column.low), y(column.high)]
            if let last, abs(ends[1] - last.y) < abs(ends[0] - last.y) { ends.swapAt(0, 1) }
            let isBroken = last.map { Double(column.time) - Double($0.time) > gap } ?? true
            // A line to where it is draws a dot, for a value that stands alone.
            path += "\(isBroken ? "M" : "L")\(x) \(ends[0].coordinate)"
            if isBroken || ends[0] != ends[1] { path += "V\(ends[1].coordinate)" }
            last = (column.time, ends[1])
        }
        return path
    }
}

extension Double {
    fileprivate func share(of whole: Double) -> Double { Swift.min(Swift.max(self / whole, 0), 1) }

    /// To a tenth.
    var coordinate: String { ((self * 10).rounded() / 10).plain }
}
