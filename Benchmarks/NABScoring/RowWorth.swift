internal import Foundation

/// What an alert on each row of a series is worth, whatever the profile.
///
/// In a window: 1 at its first row, falling to 0 at its end. Outside: 0 just after a window, falling to −1, and −1
/// before the first. Source: the scaled sigmoid of NAB v1.1.
struct RowWorth {
    private(set) var worth: [Double]
    /// The window that each row lies in.
    private(set) var window: [Int?]

    init(_ series: LabelledSeries) {
        worth = [Double](repeating: -1, count: series.values.count)
        window = [Int?](repeating: nil, count: series.values.count)
        for (index, rows) in series.windows.enumerated() {
            let next = index + 1 < series.windows.count ? series.windows[index + 1].lowerBound : worth.count
            enter(rows, as: index)
            leave(rows, until: next)
        }
    }

    private mutating func enter(_ rows: ClosedRange<Int>, as index: Int) {
        let top = Self.sigmoid(-1)
        for row in rows {
            window[row] = index
            worth[row] = Self.sigmoid(-Double(rows.upperBound - row + 1) / Double(rows.count)) / top
        }
    }

    private mutating func leave(_ rows: ClosedRange<Int>, until next: Int) {
        for row in (rows.upperBound + 1)..<next {
            // A window of one row divides by zero: infinitely far away, which the sigmoid takes for −1.
            worth[row] = Self.sigmoid(Double(row - rows.upperBound) / Double(rows.count - 1))
        }
    }

    /// From 1 far before a window's end (x = 0) to −1 far after it.
    private static func sigmoid(_ x: Double) -> Double {
        x > 3 ? -1 : 2 / (1 + exp(5 * x)) - 1
    }
}
