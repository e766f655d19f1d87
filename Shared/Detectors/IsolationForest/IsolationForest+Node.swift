extension IsolationForest {
    /// Eight bytes, since a forest for each series is what memory goes for.
    struct Node: Hashable, Sendable {
        static let largestFeature = 0xff
        static let largestIndex = 0xff_ffff
        static let largestPathLength = 0x1f_ffff

        /// Of a split: what goes left is at most this. Of a leaf: not a number, so that everything goes "right", with
        /// the number of its path length in the bits that are then free. Bits, so that leaves compare equal.
        private let bits: UInt32
        /// The feature in the upper eight bits, the node to the right in the others: of a leaf, itself.
        private var link: UInt32

        init(feature: Int, threshold: Float) {
            bits = threshold.bitPattern
            link = UInt32(feature) << 24
        }

        init(leafAt index: Int, pathLength: Int) {
            bits = Float(nan: Float.RawSignificand(pathLength), signaling: false).bitPattern
            link = UInt32(index)
        }

        var threshold: Float { Float(bitPattern: bits) }
        var feature: Int { Int(link >> 24) }
        /// Only of a leaf.
        var pathLength: Int { Int(bits & UInt32(Self.largestPathLength)) }
        var isLeaf: Bool { threshold.isNaN }

        var right: UInt32 {
            get { link & UInt32(Self.largestIndex) }
            set { link = link & ~UInt32(Self.largestIndex) | newValue }
        }

        /// The same split on another feature.
        func on(feature: Int) -> Node {
            guard !isLeaf else { return self }
            var node = Node(feature: feature, threshold: threshold)
            node.right = right
            return node
        }
    }
}

/// Lays trees out node by node: a split, all of its left side, all of its right side.
struct ForestBuilder {
    private(set) var nodes: [IsolationForest.Node] = []
    private(set) var roots: [UInt32] = []
    private(set) var pathLengths: [Double] = []
    private(set) var depth = 0
    private var places: [Place: Int] = [:]

    private struct Place: Hashable {
        var depth: Int
        var samples: Int
    }

    mutating func startTree() {
        roots.append(UInt32(nodes.count))
    }

    /// - Returns: what ``startRight(of:)`` wants when the left side is there.
    mutating func split(feature: Int, threshold: Float) -> Int {
        nodes.append(IsolationForest.Node(feature: feature, threshold: threshold))
        return nodes.count - 1
    }

    mutating func startRight(of split: Int) {
        nodes[split].right = UInt32(nodes.count)
    }

    mutating func leaf(depth: Int, samples: Int) {
        self.depth = max(self.depth, depth)
        let number = number(of: Place(depth: depth, samples: samples))
        nodes.append(IsolationForest.Node(leafAt: nodes.count, pathLength: number))
    }

    private mutating func number(of place: Place) -> Int {
        if let known = places[place] { return known }
        pathLengths.append(Double(place.depth) + averagePathLength(of: place.samples))
        places[place] = pathLengths.count - 1
        return pathLengths.count - 1
    }
}
