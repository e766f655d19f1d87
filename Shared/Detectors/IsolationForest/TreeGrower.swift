internal import Model

/// Grows one tree after another.
struct TreeGrower {
    private(set) var builder = ForestBuilder()
    let samples: Int
    private let points: [Float]
    private let width: Int
    private let depthLimit: Int
    private var columns: [Int]
    /// The numbers of all points; those of a node lie together.
    private var order: [Int]
    private var random: SplitMix64

    init(_ points: [Float], _ columns: [Int], _ growth: IsolationForest.Growth, width: Int) {
        // Halves of the range must not overflow; no threshold tells what lies beyond from its ends.
        self.points = points.map { min(max($0, -Float.greatestFiniteMagnitude), .greatestFiniteMagnitude) }
        self.width = width
        self.columns = columns
        order = Array(0..<(points.count / width))
        samples = max(1, min(growth.samples, order.count))
        // ceil(log2(samples))
        depthLimit = Int.bitWidth - (max(samples, 2) - 1).leadingZeroBitCount
        random = SplitMix64(seed: growth.seed)
    }

    mutating func growTree() {
        for index in 0..<samples { order.swapAt(index, index + random.below(order.count - index)) }
        builder.startTree()
        grow(0..<samples, depth: 0)
    }

    private mutating func grow(_ node: Range<Int>, depth: Int) {
        guard node.count > 1, depth < depthLimit, let (feature, threshold) = drawSplit(node) else {
            return builder.leaf(depth: depth, samples: node.count)
        }
        let middle = partition(node, feature, threshold)
        let split = builder.split(feature: feature, threshold: threshold)
        grow(node.lowerBound..<middle, depth: depth + 1)
        builder.startRight(of: split)
        grow(middle..<node.upperBound, depth: depth + 1)
    }

    /// Nil when the points are all the same.
    private mutating func drawSplit(_ node: Range<Int>) -> (feature: Int, threshold: Float)? {
        for left in stride(from: columns.count, to: 0, by: -1) {
            columns.swapAt(random.below(left), left - 1)
            let feature = columns[left - 1]
            let (low, high) = range(of: feature, node)
            guard low < high else { continue }
            let threshold = Float(Double(low) + random.unit() * (Double(high) - Double(low)))
            // Rounding may have reached the end; the greatest is to go right.
            return (feature, threshold < high ? threshold : low)
        }
        return nil
    }

    private func range(of feature: Int, _ node: Range<Int>) -> (low: Float, high: Float) {
        var (low, high) = (Float.infinity, -Float.infinity)
        for place in node {
            let value = points[order[place] * width + feature]
            low = min(low, value)
            high = max(high, value)
        }
        return (low, high)
    }

    private mutating func partition(_ node: Range<Int>, _ feature: Int, _ threshold: Float) -> Int {
        var middle = node.lowerBound
        for place in node where points[order[place] * width + feature] <= threshold {
            order.swapAt(place, middle)
            middle += 1
        }
        return middle
    }
}

extension SplitMix64 {
    /// 0…<count, for counts so small that the bias of a product does not show.
    fileprivate mutating func below(_ count: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(count)).high)
    }
}
