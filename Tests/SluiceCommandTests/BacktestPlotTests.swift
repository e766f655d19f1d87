import Model
import Testing

@testable import SluiceCommand

/// The smallest and the greatest value of each column.
struct BacktestPlotTests {
    @Test func `a spike of one reading among a million is still there`() throws {
        var values = ValueColumns(limit: 100)
        for index in 0..<1_000_000 { values.add(index == 777_777 ? 50 : 1, at: Int64(index) * 1_000) }
        let columns = values.columns
        #expect((50...100).contains(columns.count))
        #expect(columns.filter { $0.high == 50 }.count == 1 && columns.allSatisfy { $0.low == 1 })
        let spike = try #require(columns.first { $0.high == 50 })
        #expect(abs(spike.time - 777_777_000) <= 1 << 24)
    }

    @Test func `few values stay as they are`() {
        var values = ValueColumns(limit: 10)
        for index: Int64 in [3, 1, 2] { values.add(Double(index), at: -index) }
        #expect(
            values.columns == [
                .init(time: -3, low: 3, high: 3), .init(time: -2, low: 2, high: 2), .init(time: -1, low: 1, high: 1),
            ])
        #expect(values.span == -3 ... -1 && values.range == 1...3)
    }

    @Test func `the order in which values come makes no difference`() {
        let readings = (0..<5_000).map { (time: Int64($0) * 999, value: Double(($0 &* 7_919) % 1_009)) }
        var (forwards, backwards) = (ValueColumns(limit: 64), ValueColumns(limit: 64))
        for reading in readings { forwards.add(reading.value, at: reading.time) }
        for reading in readings.reversed() { backwards.add(reading.value, at: reading.time) }
        #expect(forwards.columns == backwards.columns)
    }

    @Test func `the widest times and values there are can be drawn`() {
        var values = ValueColumns(limit: 2)
        for (time, value) in [(Int64.min, -Double.greatestFiniteMagnitude), (0, 0), (.max, .greatestFiniteMagnitude)] {
            values.add(value, at: time)
        }
        #expect(values.columns.count == 2)
        let frame = PlotFrame(span: .min ... .max, range: -Double.greatestFiniteMagnitude ... .greatestFiniteMagnitude)
        #expect(frame.x(0) == 500 && frame.y(0) == 100 && frame.y(.infinity) == 0 && frame.y(-.infinity) == 200)
    }

    @Test func `one value alone is a dot in the middle`() {
        let frame = PlotFrame(span: 5...5, range: 7...7)
        #expect(frame.path([.init(time: 5, low: 7, high: 7)]) == "M500 100V100")
        #expect(frame.y(8) == 0 && frame.y(6) == 200)
    }

    @Test func `a line goes through both ends of a column and is broken by silence`() {
        let frame = PlotFrame(span: 0...1_000, range: 0...10)
        let columns: [ValueColumns.Column] =
            (0..<30).map { .init(time: $0, low: 0, high: $0 == 29 ? 10 : 0) } + [.init(time: 1_000, low: 10, high: 10)]
        let path = frame.path(columns)
        #expect(path.hasSuffix("L29 188V12M1000 12V12"), "\(path)")
    }
}
