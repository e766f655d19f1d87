internal import AlertRecords
internal import IOLoop
internal import Model
internal import Plugins
internal import Redis

/// `stats:{device}:{sensor}` in Redis: mean, std and count for people, `state` for the next owner of the series, and
/// `revision`, which each saving raises.
///
/// A state replaces only the one that it goes on from, or one that knows less: an instance that started cold while
/// Redis was away, or that kept a series which another has owned since, does not overwrite better state. It gets that
/// state back instead.
@IOThread
final class StateStore {
    enum Loaded: Equatable {
        case found(SavedState, revision: Int64)
        case missing
        /// There is something, but not of a form that this version reads.
        case unreadable(revision: Int64)
        case unavailable
    }

    struct Saving {
        var name: SensorName
        var revision: Int64?
        var state: SavedState
        var summary: SeriesSummary
    }

    enum Saved: Equatable {
        case saved(revision: Int64)
        /// Another instance's state knows more than the one that was to be saved.
        case newer(SavedState, revision: Int64)
        case unreadable(revision: Int64)
        case failed(String)
    }

    let connection: RedisConnection

    init(_ configuration: RedisConfiguration) {
        connection = RedisConnection(
            configuration, scripts: [.saveState, .storeAlert, .appendJournal, .trimJournal] + RedisScript.leaseScripts)
    }

    /// One answer for each name, in order. Never throws: without Redis every series starts cold.
    func load(_ names: [SensorName]) async -> [Loaded] {
        var pipeline = RedisPipeline()
        for name in names { pipeline.append("HMGET", name.key, "state", "revision") }
        do {
            return try await connection.send(pipeline).map(Self.loaded)
        } catch {
            return names.map { _ in .unavailable }
        }
    }

    /// One answer for each, in order.
    func save(_ savings: [Saving]) async -> [Saved] {
        var pipeline = RedisPipeline()
        for saving in savings { pipeline.save(saving) }
        do {
            return try await connection.send(pipeline).map(Self.saved)
        } catch {
            return savings.map { _ in .failed(error.message) }
        }
    }

    // MARK: The series of a partition

    /// Lists series under their partitions: `sluice:anomaly-detector:series:{partition}`, sets of `device/sensor`, and
    /// `sluice:anomaly-detector:listed`, the partitions that have such a set.
    ///
    /// - Returns: whether Redis has done it.
    func list(_ series: [(name: SensorName, partition: Partition)]) async -> Bool {
        var pipeline = RedisPipeline()
        for (partition, names) in Dictionary(grouping: series, by: \.partition) {
            pipeline.append("SADD", Self.key(of: partition), names.map(\.name.listed))
            pipeline.append("SADD", Self.listedPartitions, "\(partition.rawValue)")
        }
        return await isDone(pipeline)
    }

    /// Takes series off the lists.
    func unlist(_ series: [(name: SensorName, partition: Partition)]) async {
        var pipeline = RedisPipeline()
        for (partition, names) in Dictionary(grouping: series, by: \.partition) {
            pipeline.append("SREM", Self.key(of: partition), names.map(\.name.listed))
        }
        _ = await isDone(pipeline)
    }

    /// Partitions that have series; none when Redis does not say.
    func listedPartitions() async -> [Partition] {
        let reply = try? await connection.send("SMEMBERS", Self.listedPartitions)
        return (reply?.array ?? []).compactMap { $0.text.flatMap { UInt16($0) }.map(Partition.init(rawValue:)) }
    }

    /// Nil when Redis does not say.
    func series(of partition: Partition) async -> [SensorName]? {
        let reply = try? await connection.send("SMEMBERS", Self.key(of: partition))
        return reply?.array?.compactMap { $0.text.flatMap(SensorName.init(listed:)) }
    }

    private func isDone(_ pipeline: RedisPipeline) async -> Bool {
        guard let replies = try? await connection.send(pipeline) else { return false }
        return replies.allSatisfy { $0.errorText == nil }
    }

    private static func key(of partition: Partition) -> String {
        "sluice:anomaly-detector:series:\(partition.rawValue)"
    }

    static let listedPartitions = "sluice:anomaly-detector:listed"

    private static func loaded(_ reply: RedisValue) -> Loaded {
        // Asking again would not help; the next checkpoint replaces it.
        if reply.errorText?.hasPrefix("WRONGTYPE") == true { return .unreadable(revision: 0) }
        guard let fields = reply.array, fields.count == 2 else { return .unavailable }
        guard let revision = fields[1].text.flatMap({ Int64($0) }) else { return .missing }
        guard let state = fields[0].bytes.flatMap(SavedState.init(decoding:)) else {
            return .unreadable(revision: revision)
        }
        return .found(state, revision: revision)
    }

    private static func saved(_ reply: RedisValue) -> Saved {
        if let text = reply.errorText { return .failed(text) }
        guard let parts = reply.array, parts.count >= 2, let revision = parts[1].text.flatMap({ Int64($0) }) else {
            return .failed("the script answered \(reply)")
        }
        if parts[0].integer == 1 { return .saved(revision: revision) }
        guard parts.count > 2, let state = parts[2].bytes.flatMap(SavedState.init(decoding:)) else {
            return .unreadable(revision: revision)
        }
        return .newer(state, revision: revision)
    }
}

extension SensorName {
    /// People look for `stats:` of their sensors; what is of a device as a whole has no figures for them.
    fileprivate var key: String {
        sensor.isEmpty ? "sluice:anomaly-detector:device:\(device)" : "stats:\(device):\(sensor)"
    }

    /// MQTT's levels have no slash.
    fileprivate var listed: String { "\(device)/\(sensor)" }

    fileprivate init?(listed: String) {
        guard let slash = listed.firstIndex(of: "/") else { return nil }
        self.init(device: String(listed[..<slash]), sensor: String(listed[listed.index(after: slash)...]))
    }
}

extension RedisPipeline {
    fileprivate mutating func append(_ command: String, _ key: String, _ members: [String]) {
        beginCommand()
        for text in [command, key] + members { argument(text) }
    }

    fileprivate mutating func save(_ saving: StateStore.Saving) {
        beginCall(.saveState, keys: saving.name.key)
        argument(saving.revision.map(String.init) ?? "")
        argument(String(saving.state.readings))
        argument(saving.summary.mean.description)
        argument(saving.summary.standardDeviation.description)
        argument(String(saving.summary.count))
        argument(bytes: saving.state.encoded)
    }
}

extension RedisScript {
    /// KEYS: the hash. ARGV: the revision that the new state goes on from (empty: unknown), its readings, mean, std,
    /// count, state. Answers {1, new revision} or {0, revision there, state there}. What is no hash is nobody's state, and is replaced.
    fileprivate static let saveState = RedisScript(
        name: "save state",
        source: """
            local there = redis.pcall('HMGET', KEYS[1], 'revision', 'readings')
            if there.err then
                if not string.find(there.err, 'WRONGTYPE') then return redis.error_reply(there.err) end
                redis.call('DEL', KEYS[1])
            end
            if there[1] and there[1] ~= ARGV[1] and (tonumber(there[2]) or 0) > tonumber(ARGV[2]) then
                return {0, there[1], redis.call('HGET', KEYS[1], 'state')}
            end
            local revision = redis.call('HINCRBY', KEYS[1], 'revision', 1)
            redis.call('HSET', KEYS[1], 'readings', ARGV[2], 'mean', ARGV[3], 'std', ARGV[4], 'count', ARGV[5],
                'state', ARGV[6])
            return {1, tostring(revision)}
            """)
}
