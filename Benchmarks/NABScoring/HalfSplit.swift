public import Model

/// A corpus in two halves: on one something is chosen, on the other it is judged.
public struct HalfSplit: Hashable, Sendable {
    /// Paths of series. Every series is in one of the two.
    public let first: Set<String>
    public let second: Set<String>

    /// The same seed gives the same split.
    ///
    /// Each category, the folder in a series' path, is halved for itself. Where its number is odd the greater part goes to
    /// the half that has had fewer of them so far.
    public init(_ paths: some Sequence<String>, using generator: inout SplitMix64) {
        let categories = Dictionary(grouping: Set(paths)) { $0.prefix { $0 != "/" } }
        var first: Set<String> = []
        var second: Set<String> = []
        // Sets and dictionaries have another order in each process.
        for (_, members) in categories.sorted(by: { $0.key < $1.key }) {
            let shuffled = members.sorted().shuffled(using: &generator)
            let greater = (shuffled.count + 1) / 2
            let firstTakes = first.count <= second.count ? greater : shuffled.count - greater
            first.formUnion(shuffled.prefix(firstTakes))
            second.formUnion(shuffled.dropFirst(firstTakes))
        }
        (self.first, self.second) = (first, second)
    }

    /// The other way round.
    public var swapped: HalfSplit { HalfSplit(first: second, second: first) }

    private init(first: Set<String>, second: Set<String>) {
        (self.first, self.second) = (first, second)
    }

    /// So many, one after the other from one seed.
    public static func repeated(_ count: Int, _ paths: some Collection<String>, seed: UInt64) -> [HalfSplit] {
        var generator = SplitMix64(seed: seed)
        return (0..<count).map { _ in HalfSplit(paths, using: &generator) }
    }
}
