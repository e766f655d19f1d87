import Filters
import Model
import Testing

struct FiltfiltTests {
    @Test func `whole arrays are filtered as SciPy filters them`() throws {
        for row in try FilterFixture("filtfilt").rows {
            let filter = TransferFunction.butterworthLowPass(
                order: try #require(Int(row[0])), cutoff: try #require(Double(row[1])))
            #expect(isClose(filter.filtfilt(row[2].numbers), row[3].numbers), "order \(row[0]), cutoff \(row[1])")
        }
    }

    @Test func `the last value of each window is SciPy's, while the window grows and while it slides`() throws {
        let fixture = try FilterFixture("sliding")
        for column in 3..<fixture.header.count {
            let name = fixture.header[column].split(separator: "/")
            let (order, cutoff, capacity) = try #require(parameters(name))
            var window = SlidingWindow(capacity: capacity)
            var filter = SlidingFiltfilt(.butterworthLowPass(order: order, cutoff: cutoff), capacity: capacity)
            for (row, expected) in zip(fixture.column(0), fixture.column(column)).enumerated() {
                window.append(expected.0 ?? .nan)
                let result = filter.advance(over: window)
                #expect((result == nil) == (expected.1 == nil), "\(fixture.header[column]), row \(row)")
                #expect(isClose(result ?? 0, expected.1 ?? 0), "\(fixture.header[column]), row \(row)")
            }
        }
    }

    @Test(arguments: [(1, 0.5, 7), (3, 0.1, 100), (2, 0.2, 30), (5, 0.4, 20), (4, 0.3, 16)])
    func `the last value is that of the whole array at any window and any time`(
        order: Int, cutoff: Double, capacity: Int
    ) {
        let filter = TransferFunction.butterworthLowPass(order: order, cutoff: cutoff)
        var random = SplitMix64(seed: UInt64(capacity))
        var window = SlidingWindow(capacity: capacity)
        var sliding = SlidingFiltfilt(filter, capacity: capacity)
        var values: [Double] = []
        for row in 0..<500 {
            values.append(100 * random.unit())
            window.append(values[row])
            let last = sliding.advance(over: window)
            let newest = Array(values.suffix(capacity))
            #expect((last == nil) == (newest.count <= filter.padding))
            if let last { #expect(isClose(last, filter.filtfilt(newest).last ?? .nan), "row \(row)") }
        }
    }

    @Test(arguments: [1e9, 1e300, 1.7e308]) func `a spike is forgotten when the window has been filled twice`(
        spike: Double
    ) {
        let filter = TransferFunction.butterworthLowPass(order: 3, cutoff: 0.1)
        var window = SlidingWindow(capacity: 100)
        var sliding = SlidingFiltfilt(filter, capacity: 100)
        var values: [Double] = []
        for row in 0..<400 {
            values.append(row == 120 ? spike : row == 121 ? -spike : Double(row % 7))
            window.append(values[row])
            let last = sliding.advance(over: window)
            #expect(last?.isFinite ?? true)
            guard row > 321 else { continue }
            #expect(isClose(last ?? .nan, filter.filtfilt(values.suffix(100)).last ?? .nan), "row \(row)")
        }
    }

    private func parameters(_ name: [Substring]) -> (order: Int, cutoff: Double, capacity: Int)? {
        guard let order = Int(name[0]), let cutoff = Double(name[1]), let capacity = Int(name[2]) else { return nil }
        return (order, cutoff, capacity)
    }
}
