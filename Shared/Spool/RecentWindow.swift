/// How many messages each of the newest batches brought, so that the window can be kept to its size without asking
/// the file.
struct RecentWindow {
    let limit: Int
    private var counts: [(sequence: UInt64, count: Int)]
    private var start = 0
    private var total: Int

    init(_ counts: [(sequence: UInt64, count: Int)], limit: Int) {
        self.counts = counts
        self.limit = limit
        total = counts.reduce(0) { $0 + $1.count }
    }

    /// The last sequence that falls out when a batch with `count` messages comes; nil when none does.
    ///
    /// A batch goes only when the window is full without it: forgetting one message too early could store it twice.
    func forgottenAfter(adding count: Int) -> UInt64? {
        var rest = total + count
        var index = start
        while index < counts.count, rest - counts[index].count >= limit {
            rest -= counts[index].count
            index += 1
        }
        return index > start ? counts[index - 1].sequence : nil
    }

    mutating func add(sequence: UInt64, count: Int, forgetting last: UInt64?) {
        if let last {
            while start < counts.count, counts[start].sequence <= last {
                total -= counts[start].count
                start += 1
            }
        }
        if start > 1_024, start * 2 > counts.count {
            counts.removeFirst(start)
            start = 0
        }
        counts.append((sequence, count))
        total += count
    }
}
