import Filters
import Model
import Testing

struct SlidingWindowTests {
    @Test func `it holds the newest values, oldest first, and says what it dropped`() {
        var window = SlidingWindow(capacity: 3)
        for value in [1.0, 2, 3] {
            window.append(value)
            #expect(window.dropped == nil)
        }
        window.append(4)
        #expect(window.dropped == 1)
        #expect((0..<window.count).map { window[$0] } == [2, 3, 4])
        #expect(window.appended == 4)
    }

    @Test func `means of 5 and medians of 3 are NumPy's`() throws {
        let fixture = try FilterFixture("sliding")
        var window = SlidingWindow(capacity: 7)
        for (row, value) in fixture.column(0).enumerated() {
            window.append(value ?? .nan)
            if let mean = fixture.column(1)[row] { #expect(isClose(window.mean(ofLast: 5), mean), "row \(row)") }
            if let median = fixture.column(2)[row] { #expect(window.medianOfLast3 == median, "row \(row)") }
        }
    }

    @Test func `after 100000 readings nothing has drifted, whatever the offset`() throws {
        let fixture = try FilterFixture("long")
        for offset in Set(fixture.column(0)).compactMap(\.self) {
            let expected = fixture.rows.compactMap { $0.compactMap { Double($0) } }.filter { $0[0] == offset }
            var random = SplitMix64(seed: 42)
            var window = SlidingWindow(capacity: 100)
            var filter = SlidingFiltfilt(.butterworthLowPass(order: 3, cutoff: 0.1), capacity: 100)
            for row in 1...100_000 {
                window.append(offset + expected[0][1] * (random.unit() - 0.5))
                let lowPass = filter.advance(over: window)
                guard row > 99_960 else { continue }
                let (ten, before) = (window.moments(ofLast: 10), window.moments(ofLast: 19, skipping: 1))
                #expect(
                    isClose(
                        [
                            Double(row), ten.mean, ten.standardDeviation, before.mean, before.standardDeviation,
                            lowPass ?? .nan,
                        ], Array(expected[row - 99_961].dropFirst(2))), "offset \(offset), reading \(row)")
            }
        }
    }

    @Test func `the moments of finite values are finite`() {
        let largest = Double.greatestFiniteMagnitude
        var window = SlidingWindow(capacity: 10)
        for row in 0..<10 { window.append(row.isMultiple(of: 2) ? largest : -largest) }
        #expect(window.moments(ofLast: 10) == Moments(mean: 0, standardDeviation: largest))
        for _ in 0..<10 { window.append(largest) }
        let moments = window.moments(ofLast: 10)
        #expect(isClose(moments.mean, largest))
        #expect(moments.standardDeviation / largest < 1e-15)
    }

    @Test func `a constant has no deviation`() {
        var window = SlidingWindow(capacity: 20)
        for _ in 0..<20 { window.append(0.1) }
        #expect(window.moments(ofLast: 19, skipping: 1).standardDeviation < 1e-16)
    }
}
