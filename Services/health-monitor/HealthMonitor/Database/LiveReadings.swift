import IOLoop
import Model
import Redis

/// The last readings of sensors, as Redis has them.
@IOThread
final class LiveReadings {
    struct Series: Sendable {
        var value: Double?
        var time: Timestamp?
        var unit: String?
        /// Oldest first.
        var recent: [(time: Timestamp, value: Double)] = []
    }

    /// What a small picture of a sensor shows.
    static let mostRecent = 60

    private let redis: RedisConnection

    init(_ configuration: RedisConfiguration) {
        var configuration = configuration
        // Somebody waits for the answer, and there is another place to look.
        configuration.replyTimeout = .seconds(2)
        redis = RedisConnection(configuration)
    }

    func start() { redis.start() }

    func close() { redis.close() }

    /// One each, in the same order; nil: Redis is away.
    func read(_ names: [SensorName]) async -> [Series]? {
        guard redis.state.isConnected else { return nil }
        guard !names.isEmpty else { return [] }
        var pipeline = RedisPipeline()
        for name in names {
            pipeline.append("HMGET", "sensor:\(name.device):\(name.sensor)", "value", "timestamp", "unit")
            pipeline.append("LRANGE", "ts:\(name.device):\(name.sensor)", "0", "\(Self.mostRecent - 1)")
        }
        guard let replies = try? await redis.send(pipeline), replies.count == names.count * 2 else { return nil }
        return names.indices.map { Series(latest: replies[$0 * 2], recent: replies[$0 * 2 + 1]) }
    }
}

extension LiveReadings.Series {
    init(latest: RedisValue, recent list: RedisValue) {
        let fields = latest.array ?? []
        if fields.count == 3 {
            value = fields[0].text.flatMap { Double($0) }
            time = fields[1].text.flatMap { Timestamp(iso8601: $0) }
            unit = fields[2].text
        }
        recent = (list.array ?? []).reversed().compactMap { $0.bytes.flatMap(Self.point) }
    }

    /// Out of `{"timestamp":"2026-11-22T21:08:51.223294Z",…,"value":21.4,…}`: the time is where it always is, and the value is
    /// behind the first `"value":`, since a quotation mark within a name has a backslash before it.
    private static func point(_ json: [UInt8]) -> (time: Timestamp, value: Double)? {
        guard json.count > timeEnd, let start = json.firstRange(of: key)?.upperBound,
            let time = Timestamp(iso8601: String(decoding: json[timeStart..<timeEnd], as: UTF8.self))
        else { return nil }
        let digits = json[start...].prefix { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "}") }
        return Double(String(decoding: digits, as: UTF8.self)).map { (time, $0) }
    }

    private static let key = Array(#""value":"#.utf8)
    private static let timeStart = 14
    private static let timeEnd = 41
}
