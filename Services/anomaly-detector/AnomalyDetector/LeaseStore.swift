internal import IOLoop
internal import Model
internal import Redis

/// Who owns which partition, in Redis: the hash `sluice:anomaly-detector:partitions`.
///
/// A field a partition: its epoch, when the lease ends (Redis's clock, Unix milliseconds) and the holder. The epoch
/// rises whenever the holder changes. A second field, the number and `?`, says that somebody waits for it.
///
/// Where Redis knows of no lease, it may have lost one: whoever held it gets some time to say so, before another may. That time begins
/// for all partitions when Redis is first asked (the field `since`), so that a first start waits once and not for each of them.
@IOThread
final class LeaseStore {
    let connection: RedisConnection
    private let holder: String
    private let lease: Duration
    private let settling: Duration

    /// - Parameters:
    ///   - holder: the instance's name, so that one that was killed and is back goes on with its own leases.
    ///   - settling: how long a partition of which Redis knows nothing is kept for whoever held it.
    init(_ connection: RedisConnection, holder: String, lease: Duration, settling: Duration) {
        self.connection = connection
        self.holder = holder
        self.lease = lease
        self.settling = settling
    }

    /// Takes or prolongs leases: those that are free, ended, or the holder's own already.
    ///
    /// - Parameters:
    ///   - wanted: their holders are told that somebody waits for them.
    ///   - kept: prolonged, and taken when free; nobody is disturbed for them.
    /// - Returns: one answer each, `wanted` first.
    /// - Throws: when Redis cannot be asked, or refuses.
    func claim(wanted: [Partition], kept: [Partition]) async throws(RedisError) -> [LeaseAnswer] {
        var pipeline = RedisPipeline()
        pipeline.beginCall(.claimPartitions, keys: Self.key)
        pipeline.argument(holder)
        pipeline.argument(lease.wholeMilliseconds)
        pipeline.argument(settling.wholeMilliseconds)
        pipeline.argument(wanted.count)
        let asked = wanted + kept
        for partition in asked { pipeline.argument(Int(partition.rawValue)) }
        let rows = try await call(pipeline).array ?? []
        guard rows.count == asked.count else { throw Self.surprise(rows.count, asked.count) }
        return zip(asked, rows).map(Self.answer)
    }

    /// Gives back what the holder still holds of these.
    func release(_ partitions: [Partition]) async throws(RedisError) {
        var pipeline = RedisPipeline()
        pipeline.beginCall(.releasePartitions, keys: Self.key)
        pipeline.argument(holder)
        for partition in partitions { pipeline.argument(Int(partition.rawValue)) }
        _ = try await call(pipeline)
    }

    private func call(_ pipeline: RedisPipeline) async throws(RedisError) -> RedisValue {
        let reply = try await connection.send(pipeline).first ?? .null
        if let text = reply.errorText { throw RedisError(.refused, "Redis refuses: \(text)", isRetriable: true) }
        return reply
    }

    private static func answer(_ partition: Partition, _ row: RedisValue) -> LeaseAnswer {
        let fields = row.array ?? []
        func number(_ index: Int) -> Int64 {
            index < fields.count ? fields[index].text.flatMap { Int64($0) } ?? 0 : 0
        }
        return LeaseAnswer(
            partition: partition, isGranted: number(0) == 1, formerEpoch: number(1), epoch: number(2),
            isWanted: number(3) == 1, holder: fields.count > 4 ? fields[4].text ?? "" : "")
    }

    private static func surprise(_ count: Int, _ expected: Int) -> RedisError {
        RedisError(.refused, "Redis answered for \(count) of \(expected) partitions", isRetriable: true)
    }

    static let key = "sluice:anomaly-detector:partitions"
}

extension RedisScript {
    static let leaseScripts = [claimPartitions, releasePartitions]

    /// KEYS: the hash. ARGV: the holder, the lease and the time to settle in milliseconds, how many partitions are
    /// wanted, these, and then those to keep. Answers {granted, former epoch, epoch, wanted by another, holder} for each, as texts.
    fileprivate static let claimPartitions = RedisScript(
        name: "claim partitions",
        source: """
            local time = redis.call('TIME')
            local now = time[1] * 1000 + math.floor(time[2] / 1000)
            local function text(number) return string.format('%.0f', number) end
            local me, lease, settling, wishes = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
            local since = tonumber(redis.call('HGET', KEYS[1], 'since'))
            if not since then
                since = now
                redis.call('HSET', KEYS[1], 'since', text(since))
            end
            local answers = {}
            for index = 5, #ARGV do
                local partition, wish, wanted = ARGV[index], ARGV[index] .. '?', index < 5 + wishes
                local record = redis.call('HGET', KEYS[1], partition)
                if not record then
                    record = '0 ' .. text(since + settling) .. ' ?'
                    redis.call('HSET', KEYS[1], partition, record)
                end
                local former, ends, holder = string.match(record, '^(%d+) (%d+) (.*)$')
                former = tonumber(former)
                local epoch = former
                if holder == '' or holder == me or tonumber(ends) <= now or (holder == '?' and not wanted) then
                    if holder ~= me then epoch = former + 1 end
                    redis.call('HSET', KEYS[1], partition, text(epoch) .. ' ' .. text(now + lease) .. ' ' .. me)
                    local until_, who = string.match(redis.call('HGET', KEYS[1], wish) or '', '^(%d+) (.*)$')
                    local awaited = who and who ~= me and tonumber(until_) > now
                    if who and not awaited then redis.call('HDEL', KEYS[1], wish) end
                    answers[#answers + 1] = {'1', text(former), text(epoch), awaited and '1' or '0', me}
                else
                    if wanted then
                        redis.call('HSET', KEYS[1], wish, text(now + 2000) .. ' ' .. me)
                    end
                    answers[#answers + 1] = {'0', text(former), text(epoch), '0', holder}
                end
            end
            return answers
            """)

    /// KEYS: the hash. ARGV: the holder, partitions. The epochs stay.
    fileprivate static let releasePartitions = RedisScript(
        name: "release partitions",
        source: """
            for index = 2, #ARGV do
                local record = redis.call('HGET', KEYS[1], ARGV[index]) or ''
                local epoch, holder = string.match(record, '^(%d+) %d+ (.*)$')
                if holder == ARGV[1] then redis.call('HSET', KEYS[1], ARGV[index], epoch .. ' 0 ') end
            end
            return 1
            """)
}

extension Duration {
    fileprivate var wholeMilliseconds: Int {
        Int(components.seconds) * 1_000 + Int(components.attoseconds / 1_000_000_000_000_000)
    }
}
