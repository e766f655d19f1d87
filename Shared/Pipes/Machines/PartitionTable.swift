internal import Model

/// Which worker has which partition, and which one ought to.
///
/// A partition moves to the worker that ought to have it only when nothing of it is in flight: so no two workers ever
/// hold the same partition, and whoever gets it finds all earlier batches of it done.
struct PartitionTable {
    private var owner: [PeerIdentity?]
    private var wanted: [PeerIdentity?]
    /// Parts in flight that hold the partition.
    private var open: [Int]

    init(_ partitions: PartitionCount) {
        owner = Array(repeating: nil, count: Int(partitions.rawValue))
        wanted = owner
        open = Array(repeating: 0, count: owner.count)
    }

    /// Gives each partition to the worker with the highest score: when one comes or goes, only its own partitions move.
    ///
    /// - Parameter workers: scored by their keys (``Worker/key``).
    mutating func assign(to workers: [(peer: PeerIdentity, instance: String, key: Substring)]) {
        let seeds = workers.map { StableHash.fnv1a($0.key.utf8) }
        for partition in wanted.indices {
            let best = workers.indices.max { left, right in
                let leftScore = Self.score(seeds[left], partition)
                let rightScore = Self.score(seeds[right], partition)
                return leftScore == rightScore
                    ? workers[left].instance < workers[right].instance : leftScore < rightScore
            }
            wanted[partition] = best.map { workers[$0].peer }
        }
    }

    /// The worker that may be sent this partition now; nil while it has none or is moving.
    mutating func claim(_ partition: Partition) -> PeerIdentity? {
        let index = Int(partition.rawValue)
        if owner[index] != wanted[index], open[index] == 0 { owner[index] = wanted[index] }
        return owner[index] == wanted[index] ? owner[index] : nil
    }

    mutating func sent(_ partitions: Set<Partition>) {
        for partition in partitions { open[Int(partition.rawValue)] += 1 }
    }

    mutating func settled(_ partitions: Set<Partition>) {
        for partition in partitions { open[Int(partition.rawValue)] -= 1 }
    }

    func partitions(wantedBy peer: PeerIdentity) -> [Partition] {
        wanted.indices.filter { wanted[$0] == peer }.map { Partition(rawValue: UInt16($0)) }
    }

    func contains(_ partition: Partition) -> Bool { Int(partition.rawValue) < owner.count }

    /// SplitMix64's finalizer (Steele, Lea, Flood 2014) over both: FNV alone mixes its last bytes too little.
    private static func score(_ seed: UInt64, _ partition: Int) -> UInt64 {
        var mixed = seed &+ (UInt64(partition) &+ 1) &* 0x9e37_79b9_7f4a_7c15
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
