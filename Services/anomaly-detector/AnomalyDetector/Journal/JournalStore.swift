internal import IOLoop
internal import Model
internal import Redis

/// The journals in Redis: `sluice:anomaly-detector:journal:{partition}`, a list of ``JournalEntry`` each, oldest first.
@IOThread
final class JournalStore {
    struct Page {
        var entries: [[UInt8]]
        /// Nothing comes after it.
        var isLast: Bool
    }

    /// What goes to one partition.
    struct Writing {
        var partition: Partition
        var entries: [[UInt8]]
        /// Of the lease under which they were learnt.
        var epoch: Int64
        /// Whether Redis is also to list it among the partitions that somebody has to take up.
        var isNew: Bool
    }

    private let connection: RedisConnection
    private let holder: String
    /// Kept no longer when nobody comes for it.
    private static let secondsToLive = 86_400
    /// Entries that are read at once: a bounded number of batches in memory.
    private static let pageSize = 32

    init(_ connection: RedisConnection, holder: String) {
        self.connection = connection
        self.holder = holder
    }

    var isConnected: Bool { connection.state.isConnected }

    /// Writes to the journals of which this instance still has the leases.
    ///
    /// Calls `completion` with the length of each journal then, in order; nil for one that Redis did not take.
    func append(_ writings: [Writing], completion: @escaping @IOThread ([Int?]) -> Void) {
        var pipeline = RedisPipeline()
        for writing in writings where writing.isNew {
            pipeline.append("SADD", StateStore.listedPartitions, "\(writing.partition.rawValue)")
        }
        let listings = pipeline.count
        for writing in writings {
            pipeline.beginCall(.appendJournal, keys: LeaseStore.key, Self.key(of: writing.partition))
            pipeline.argument(Int(writing.partition.rawValue))
            pipeline.argument(holder)
            pipeline.argument(String(writing.epoch))
            for entry in writing.entries { pipeline.argument(bytes: entry) }
        }
        connection.submit(pipeline) { [weak self] result in
            let replies = (try? result.get())?.dropFirst(listings).map { reply in
                reply.integer.flatMap { $0 > 0 ? Int($0) : nil }
            }
            let lengths = replies ?? writings.map { _ in nil }
            self?.limitLife(of: zip(writings, lengths).filter { $0.entries.count == $1 }.map(\.0.partition))
            completion(lengths)
        }
    }

    /// Those that have just begun; trimming prolongs it.
    private func limitLife(of partitions: [Partition]) {
        guard !partitions.isEmpty else { return }
        var pipeline = RedisPipeline()
        for partition in partitions { pipeline.append("EXPIRE", Self.key(of: partition), String(Self.secondsToLive)) }
        connection.submit(pipeline) { _ in }
    }

    /// - Returns: nil when Redis does not answer, or refuses; an empty last page when what is there is no list.
    func page(of partition: Partition, from first: Int) async -> Page? {
        var pipeline = RedisPipeline()
        pipeline.append(
            "LRANGE", Self.key(of: partition), String(first), String(first + Self.pageSize - 1))
        guard let reply = try? await connection.send(pipeline).first else { return nil }
        // Redis may be loading, busy or locked: what it has is yet to be learnt then.
        if let error = reply.errorText, !error.hasPrefix("WRONGTYPE") { return nil }
        let entries = reply.array?.compactMap(\.bytes) ?? []
        return Page(entries: entries, isLast: entries.count < Self.pageSize)
    }

    /// Removes the first entries of journals, as far as this instance still has their leases.
    ///
    /// - Returns: those of which they are gone.
    func trim(_ extents: [Partition: JournalExtents.Extent]) async -> [Partition] {
        let due = extents.filter { $0.value.entries > 0 }
        var pipeline = RedisPipeline()
        for (partition, extent) in due {
            pipeline.beginCall(.trimJournal, keys: LeaseStore.key, Self.key(of: partition))
            pipeline.argument(Int(partition.rawValue))
            pipeline.argument(holder)
            pipeline.argument(String(extent.epoch))
            pipeline.argument(extent.entries)
            pipeline.argument(Self.secondsToLive)
        }
        guard let replies = try? await connection.send(pipeline) else { return [] }
        return zip(due.keys, replies).filter { $1.integer == 1 }.map(\.0)
    }

    private static func key(of partition: Partition) -> String {
        "sluice:anomaly-detector:journal:\(partition.rawValue)"
    }
}

extension RedisScript {
    /// KEYS: the leases, the list. ARGV: the partition, the holder, the epoch, entries. Answers how many there are then, or 0 when the lease is
    /// another's or was meanwhile: whoever has it would find them out of order, or after a gap. No more than 7,000 entries are unpacked at once.
    static let appendJournal = RedisScript(
        name: "append journal",
        source: """
            local epoch, holder = string.match(redis.call('HGET', KEYS[1], ARGV[1]) or '', '^(%d+) %d+ (.*)$')
            if holder ~= ARGV[2] or epoch ~= ARGV[3] then return 0 end
            local length = 0
            for first = 4, #ARGV, 7000 do
                length = redis.call('RPUSH', KEYS[2], unpack(ARGV, first, math.min(first + 6999, #ARGV)))
            end
            return length
            """)

    /// KEYS: the leases, the list. ARGV: the partition, the holder, the epoch, how many entries, seconds to live. Answers 1, or 0 when the
    /// lease is another's or was meanwhile: then it is another's journal.
    static let trimJournal = RedisScript(
        name: "trim journal",
        source: """
            local epoch, holder = string.match(redis.call('HGET', KEYS[1], ARGV[1]) or '', '^(%d+) %d+ (.*)$')
            if holder ~= ARGV[2] or epoch ~= ARGV[3] then return 0 end
            redis.call('LTRIM', KEYS[2], ARGV[4], -1)
            redis.call('EXPIRE', KEYS[2], ARGV[5])
            return 1
            """)
}
