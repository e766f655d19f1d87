/// Looks for the best of a grid, one parameter after the other, as often as that still helps.
///
/// Much less than the whole grid, which for a dozen parameters nobody can try: the end depends on the order, and is
/// a maximum only along each axis.
public struct CoordinateSearch<Point> {
    /// What one parameter may be.
    public struct Axis {
        public let name: String
        public let values: [Double]
        public let parameter: WritableKeyPath<Point, Double>

        public init(_ name: String, _ parameter: WritableKeyPath<Point, Double>, _ values: [Double]) {
            self.name = name
            self.parameter = parameter
            self.values = values
        }
    }

    public let axes: [Axis]
    private let rounds: Int

    /// - Parameter rounds: over all axes, at most.
    public init(_ axes: [Axis], rounds: Int = 3) {
        self.axes = axes
        self.rounds = rounds
    }

    /// The better of two that score alike is the one nearer to the start: it was there first.
    public func best(from start: Point, score: (Point) throws -> Double) rethrows -> Point {
        var best = (point: start, score: try score(start))
        for _ in 0..<rounds {
            let before = best.score
            for axis in axes { try improve(&best, along: axis, score) }
            if best.score == before { break }
        }
        return best.point
    }

    private func improve(
        _ best: inout (point: Point, score: Double), along axis: Axis, _ score: (Point) throws -> Double
    ) rethrows {
        for value in axis.values where value != best.point[keyPath: axis.parameter] {
            var candidate = best.point
            candidate[keyPath: axis.parameter] = value
            let reached = try score(candidate)
            if reached > best.score { best = (candidate, reached) }
        }
    }

    /// The parameters in which two points differ, as in "lock 240, week 0".
    public func difference(of point: Point, from start: Point) -> String {
        let changed = axes.filter { point[keyPath: $0.parameter] != start[keyPath: $0.parameter] }
        return changed.map { "\($0.name) \(shortened(point[keyPath: $0.parameter]))" }.joined(separator: ", ")
    }

    private func shortened(_ value: Double) -> String {
        Int(exactly: value).map(String.init) ?? "\(value)"
    }
}
