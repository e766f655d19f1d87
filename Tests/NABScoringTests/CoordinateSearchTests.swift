import NABScoring
import Testing

struct CoordinateSearchTests {
    private struct Point: Equatable {
        var x = 0.0
        var y = 0.0
    }

    private let search = CoordinateSearch<Point>([.init("x", \.x, [0, 1, 2, 3]), .init("y", \.y, [0, 0.5, 1])])

    @Test func `the top of a hill is found, though its axes depend on each other`() {
        let best = search.best(from: Point()) { -($0.x - 2) * ($0.x - 2) - ($0.y - $0.x / 4) * ($0.y - $0.x / 4) }
        #expect(best == Point(x: 2, y: 0.5))
    }

    @Test func `on a plain it stays where it is`() {
        #expect(search.best(from: Point(x: 1, y: 1)) { _ in 5 } == Point(x: 1, y: 1))
    }

    @Test func `it ends after the round that changed nothing`() {
        var asked = 0
        _ = search.best(from: Point()) { _ in
            asked += 1
            return 5
        }
        // The start, and all values that are not its own.
        #expect(asked == 1 + 3 + 2)
    }

    @Test func `a point is told by what is not as at the start`() {
        #expect(search.difference(of: Point(x: 2, y: 0.5), from: Point()) == "x 2, y 0.5")
        #expect(search.difference(of: Point(), from: Point()).isEmpty)
    }

    @Test func `a spread is a mean and the deviation of a sample`() {
        let spread = Spread([1, 2, 3, 4])
        #expect(spread.mean == 2.5)
        #expect(abs(spread.deviation - (5.0 / 3).squareRoot()) < 1e-12)
        #expect(Spread([7]).deviation == 0)
    }
}
