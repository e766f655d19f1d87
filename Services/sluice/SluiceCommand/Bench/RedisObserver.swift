import IOLoop
import Model
import Redis

/// Asks Redis each millisecond for the latest reading of a few series: latency from its moment to its appearance.
///
/// A reading that a younger one has replaced between two looks is not seen, so each sample is an upper bound by at
/// most the interval of looking.
@IOThread
final class RedisObserver {
    private let redis: RedisConnection
    private let keys: [String]
    private var seen: [String: String] = [:]
    private var looking: ScheduledTimer?
    private var isWaiting = false
    private(set) var sample = LatencySample()

    init(url: String, keys: [String]) throws {
        redis = RedisConnection(try RedisConfiguration(url: url))
        self.keys = keys
        redis.start()
        looking = EventLoop.schedule(every: .milliseconds(1)) { [unowned self] in look() }
    }

    func close() {
        looking?.cancel()
        redis.close()
    }

    private func look() {
        guard !isWaiting, redis.state.isConnected else { return }
        isWaiting = true
        var pipeline = RedisPipeline()
        for key in keys { pipeline.append("HGET", key, "timestamp") }
        redis.submit(pipeline) { [weak self] result in
            guard let self else { return }
            isWaiting = false
            if case .success(let values) = result { record(values.map(\.text)) }
        }
    }

    private func record(_ timestamps: [String?]) {
        let now = Timestamp.now()
        for (key, text) in zip(keys, timestamps) {
            guard let text, seen[key] != text else { continue }
            // What was there when looking began has an unknown age.
            if seen.updateValue(text, forKey: key) == nil { continue }
            guard let measured = Timestamp(iso8601: text) else { continue }
            sample.add(now.since(measured).inSeconds * 1_000)
        }
    }
}
