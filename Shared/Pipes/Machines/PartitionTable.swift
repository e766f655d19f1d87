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

    private struct Candidate {
        var score: UInt64
        var worker: Int
        var partition: Int
    }

    /// Rendezvous hashing with bounded loads (Mirrokni, Thorup, Zadimoghaddam 2018): the pairs of partition and worker are gone through
    /// from the highest score down, and a worker takes no more than its even share, rounded up. Without the bound 32 partitions fall
    /// unevenly: 23 and 9 for two workers. When a worker comes or goes, few partitions move besides its own.
    ///
    /// - Parameter workers: scored by their keys (``Worker/key``). The same ones give the same result at every upstream.
    mutating func assign(to workers: [(peer: PeerIdentity, instance: String, key: Substring)]) {
        wanted = Array(repeating: nil, count: wanted.count)
        guard !workers.isEmpty else { return }
        let share = (wanted.count + workers.count - 1) / workers.count
        var taken = [Int](repeating: 0, count: workers.count)
        for candidate in candidates(workers)
        where wanted[candidate.partition] == nil && taken[candidate.worker] < share {
            wanted[candidate.partition] = workers[candidate.worker].peer
            taken[candidate.worker] += 1
        }
    }

    private func candidates(_ workers: [(peer: PeerIdentity, instance: String, key: Substring)]) -> [Candidate] {
        let all = workers.indices.flatMap { worker in
            let seed = StableHash.fnv1a(workers[worker].key.utf8)
            return wanted.indices.map { partition in
                Candidate(score: Self.score(seed, partition), worker: worker, partition: partition)
            }
        }
        return all.sorted { left, right in
            guard left.score == right.score else { return left.score > right.score }
            let names = (workers[left.worker].instance, workers[right.worker].instance)
            return names.0 == names.1 ? left.partition < right.partition : names.0 > names.1
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

    /// Mixed once more: FNV alone mixes its last bytes too little.
    private static func score(_ seed: UInt64, _ partition: Int) -> UInt64 {
        SplitMix64.mix(seed &+ (UInt64(partition) &+ 1) &* 0x9e37_79b9_7f4a_7c15)
    }
}
