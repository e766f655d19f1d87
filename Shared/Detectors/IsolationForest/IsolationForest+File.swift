extension IsolationForest {
    /// Nodes of a whole model: 8 MB.
    static let mostNodes = 1 << 20
    /// Splits from root to leaf. scikit-learn stops at ceil(log2 max_samples), so this is beyond any forest of its own.
    static let deepest = 64

    init(_ file: ForestFile) throws(ForestFlaw) {
        try file.checkFigures()
        var planter = TreePlanter(features: file.feature_names.count)
        for (number, tree) in file.trees.enumerated() {
            do {
                try planter.plant(tree)
            } catch {
                throw ForestFlaw("trees[\(number)] \(error.what)")
            }
        }
        self.init(
            planter.builder, featureNames: file.feature_names, samplesPerTree: file.max_samples, offset: file.offset)
    }
}

extension ForestFile {
    fileprivate func checkFigures() throws(ForestFlaw) {
        guard version == 1 else { throw ForestFlaw("is of version \(version), not 1") }
        guard (1...IsolationForest.Node.largestFeature + 1).contains(feature_names.count) else {
            throw ForestFlaw("has \(feature_names.count) feature_names, not 1 to 256")
        }
        guard (1...Int(Int32.max)).contains(max_samples) else { throw ForestFlaw("max_samples is \(max_samples)") }
        guard (-1...0).contains(offset) else { throw ForestFlaw("offset is \(offset), not -1 to 0") }
        guard !trees.isEmpty else { throw ForestFlaw("has no trees") }
        let nodes = trees.reduce(0) { $0 + $1.left.count }
        guard nodes <= IsolationForest.mostNodes else {
            throw ForestFlaw("has \(nodes) nodes, more than \(IsolationForest.mostNodes)")
        }
    }
}

/// Copies trees of a file into the order in which they are walked, and checks each node on the way.
private struct TreePlanter {
    private(set) var builder = ForestBuilder()
    private let features: Int
    private var reached: [Bool] = []

    init(features: Int) {
        self.features = features
    }

    mutating func plant(_ tree: ForestFile.Tree) throws(ForestFlaw) {
        let count = tree.left.count
        guard count > 0 else { throw ForestFlaw("has no nodes") }
        guard
            [tree.feature.count, tree.threshold.count, tree.right.count, tree.samples.count].allSatisfy({ $0 == count })
        else { throw ForestFlaw("has columns of different lengths") }
        reached = Array(repeating: false, count: count)
        builder.startTree()
        try plant(0, of: tree, depth: 0)
        if let node = reached.firstIndex(of: false) { throw ForestFlaw("node \(node): nothing leads to it") }
    }

    private mutating func plant(_ node: Int, of tree: ForestFile.Tree, depth: Int) throws(ForestFlaw) {
        // Shared nodes could make 2^depth ways.
        guard !reached[node] else { throw ForestFlaw("node \(node): two splits lead to it") }
        reached[node] = true
        guard depth <= IsolationForest.deepest else {
            throw ForestFlaw("is deeper than \(IsolationForest.deepest) splits")
        }
        if tree.left[node] == -1, tree.right[node] == -1 { return try plantLeaf(tree.samples[node], node, depth) }
        let (left, right) = try children(of: node, tree)
        let split = builder.split(
            feature: try feature(of: node, tree), threshold: try threshold(of: node, tree))
        try plant(left, of: tree, depth: depth + 1)
        builder.startRight(of: split)
        try plant(right, of: tree, depth: depth + 1)
    }

    private mutating func plantLeaf(_ samples: Int, _ node: Int, _ depth: Int) throws(ForestFlaw) {
        guard (1...Int(Int32.max)).contains(samples) else {
            throw ForestFlaw("node \(node) is a leaf of \(samples) samples")
        }
        builder.leaf(depth: depth, samples: samples)
    }

    /// Children come after their parent, so that there is no way round in circles.
    private func children(of node: Int, _ tree: ForestFile.Tree) throws(ForestFlaw) -> (left: Int, right: Int) {
        for (side, child) in [("left", tree.left[node]), ("right", tree.right[node])] {
            guard child > node, child < tree.left.count else {
                throw ForestFlaw(
                    "node \(node): the child to the \(side) is \(child), not after it and below \(tree.left.count)")
            }
        }
        return (tree.left[node], tree.right[node])
    }

    private func feature(of node: Int, _ tree: ForestFile.Tree) throws(ForestFlaw) -> Int {
        let feature = tree.feature[node]
        guard (0..<features).contains(feature) else {
            throw ForestFlaw("node \(node): feature is \(feature), not 0 to \(features - 1)")
        }
        return feature
    }

    /// The greatest single that is at most the threshold: singles compare with it as they do with the threshold itself.
    private func threshold(of node: Int, _ tree: ForestFile.Tree) throws(ForestFlaw) -> Float {
        let threshold = tree.threshold[node]
        guard threshold.isFinite, abs(threshold) <= Double(Float.greatestFiniteMagnitude) else {
            throw ForestFlaw("node \(node): threshold is \(threshold)")
        }
        let nearest = Float(threshold)
        return Double(nearest) > threshold ? nearest.nextDown : nearest
    }
}
