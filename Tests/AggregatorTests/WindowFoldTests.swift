import IOLoop
import Model
import Testing

@testable import Aggregator

@Suite struct WindowFoldTests {
    /// Golden values: NumPy 2.4, `v = offset + (i * 7919 % 1000) / 1000` for i in 0..<2000; mean by `math.fsum`,
    /// `np.std(v.astype(np.longdouble), ddof=1)`.
    @Test(arguments: [
        (0.0, 0.4995, 0.2887471860793354), (1e6, 1_000_000.4995, 0.2887471860791709),
        (1e9, 1_000_000_000.4995, 0.28874718608264194),
    ])
    func `mean and deviation agree with NumPy wherever the values lie`(
        offset: Double, mean: Double, deviation: Double
    ) throws {
        var fold = WindowFold()
        for start in stride(from: 0, to: 2_000, by: 250) {
            let readings = (start..<start + 250).map {
                SampleReading(
                    sensor: 0, offset: .milliseconds($0 * 150), value: offset + Double($0 * 7919 % 1_000) / 1_000)
            }
            fold.add(batch(readings), sensors: [7])
        }
        let day = try #require(fold.minutes().merged(into: .hour).merged(into: .day).summaries.first)
        #expect(day.count == 2_000)
        #expect(abs(day.mean - mean) <= 1e-15 * mean)
        #expect(abs((day.m2 / 1_999).squareRoot() - deviation) <= 1e-9 * deviation)
    }

    @Test func `a window knows its ends by time and then by value`() {
        let readings = [(5, 2.0), (1, 9.0), (1, 8.0), (7, 1.0), (7, 3.0), (3, 100.0)].map {
            SampleReading(sensor: 0, offset: .seconds($0.0), value: $0.1)
        }
        var fold = WindowFold()
        fold.add(batch(readings), sensors: [1])
        let minute = fold.minutes().summaries[0]
        #expect(minute.first == TimedValue(time: newYear.advanced(by: .seconds(1)).microseconds, value: 8))
        #expect(minute.last == TimedValue(time: newYear.advanced(by: .seconds(7)).microseconds, value: 3))
        #expect(minute.minimum == 1)
        #expect(minute.maximum == 100)
    }

    @Test func `a reading on the border belongs to the window that begins there`() {
        let readings = [-1, 0, 59_999_999, 60_000_000].map {
            SampleReading(sensor: 0, offset: .microseconds($0), value: 1)
        }
        var fold = WindowFold()
        fold.add(batch(readings), sensors: [1])
        #expect(fold.minutes().summaries.map(\.count) == [1, 2, 1])
        #expect(fold.minutes().merged(into: .day).summaries.map(\.count) == [1, 3])
    }

    @Test func `times before 1970 fall into their own window`() {
        #expect(WindowLevel.minute.bucket(of: -1) == -60_000_000)
        #expect(WindowLevel.day.bucket(of: -86_400_000_000) == -86_400_000_000)
    }

    @Test func `constant readings have no spread`() {
        let readings = (0..<60).map { SampleReading(sensor: 0, offset: .seconds($0), value: 0.1) }
        var fold = WindowFold()
        fold.add(batch(readings), sensors: [1])
        #expect(fold.minutes().summaries[0].m2 == 0)
        #expect(fold.minutes().summaries[0].mean == 0.1)
    }

    @Test func `series of one sensor in several units share a window`() {
        var mixed = batch([SampleReading(sensor: 0, offset: .zero, value: 1)])
        mixed.series.append(mixed.series[0])
        mixed.series[1].unit = "K"
        mixed.seriesIndex.append(1)
        mixed.timestamp.append(newYear.microseconds)
        mixed.value.append(3)
        var fold = WindowFold()
        fold.add(mixed, sensors: [4, 4])
        #expect(fold.minutes().count == 1)
        #expect(fold.minutes().summaries[0].mean == 2)
    }

    @Test func `the largest doubles have a mean and no spread`() {
        let readings = [Double.greatestFiniteMagnitude, .greatestFiniteMagnitude, 0].map {
            SampleReading(sensor: 0, offset: .zero, value: $0)
        }
        var fold = WindowFold()
        fold.add(batch(readings), sensors: [1])
        let minute = fold.minutes().summaries[0]
        #expect(abs(minute.mean / 2 - Double.greatestFiniteMagnitude / 3) < 1e295)
        #expect(minute.m2 == 0)
    }

    @Test func `keys come in the order in which rows are locked`() {
        var generator = SplitMix64(seed: 5)
        var fold = WindowFold()
        let many = randomBatch(&generator, count: 1_000)
        fold.add(many, sensors: (0..<many.series.count).map { Int32(100 - $0) })
        #expect(fold.minutes().keys == fold.minutes().keys.sorted())
        #expect(fold.minutes().summaries.map(\.count).reduce(0, +) == 1_000)
    }

    @Test func `folding in parts and merging gives what folding at once gives`() {
        var generator = SplitMix64(seed: 6)
        let many = randomBatch(&generator, count: 2_000)
        var whole = WindowFold()
        whole.add(many, sensors: (0..<many.series.count).map(Int32.init))
        let days = whole.minutes().merged(into: .day)
        let viaHours = whole.minutes().merged(into: .hour).merged(into: .day)
        for (direct, merged) in zip(days.summaries, viaHours.summaries) {
            #expect(direct.count == merged.count)
            #expect(direct.first == merged.first)
            #expect(direct.last == merged.last)
            #expect(abs(direct.mean - merged.mean) <= 1e-12 * max(abs(direct.minimum), abs(direct.maximum)))
            #expect(abs(direct.m2 - merged.m2) <= 1e-9 * direct.m2)
        }
    }
}
