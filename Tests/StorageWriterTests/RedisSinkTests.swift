import IOLoop
import Model
import Plugins
import Redis
import TestServers
import Testing

@testable import StorageWriter

/// A batch of one series, in a line.
private func batch(
    _ sequence: UInt64, _ readings: [(second: Int64, value: Double)], device: String = "dev-1",
    sensor: String = "temperature", unit: String = "C"
) -> ReadingBatch {
    var batch = ReadingBatch(identity: BatchIdentity(producer: "producer", sequence: sequence))
    batch.series = [Series(device: device, sensor: sensor, unit: unit, partition: Partition(rawValue: 0))]
    for (index, reading) in readings.enumerated() {
        batch.appendReading(
            seriesIndex: 0, timestamp: reading.second * 1_000_000, value: reading.value, receivedAt: 0,
            position: UInt32(index))
    }
    return batch
}

@IOThread
struct RedisSinkTests {
    /// A sink, and a connection of the test's own to look at what it did.
    private struct Setting {
        let sink: RedisSink
        let redis: RedisConnection

        func latest() async throws -> [String: String] {
            try await redis.send("HGETALL", "sensor:dev-1:temperature").fields ?? [:]
        }

        func list() async throws -> [String] {
            try await redis.send("LRANGE", "ts:dev-1:temperature", "0", "-1").array?.compactMap(\.text) ?? []
        }
    }

    private func with(_ body: @escaping @IOThread (Setting) async throws -> Void) async throws {
        try await withRedis { url in
            let configuration = try RedisConfiguration(url: url)
            let setting = Setting(
                sink: RedisSink(configuration, source: nil), redis: RedisConnection(configuration))
            try await run(setting, body)
        }
    }

    private func run(_ setting: Setting, _ body: @IOThread (Setting) async throws -> Void) async throws {
        setting.sink.start()
        setting.redis.start()
        try await eventually { setting.sink.status == .ok && setting.redis.state.isConnected }
        try await body(setting)
        setting.sink.close()
        setting.redis.close()
    }

    @Test func `the latest reading and the list are there, and expire after an hour`() async throws {
        try await with { setting in
            setting.sink.store([batch(1, [(100, 20.5), (101, 21.25)])])
            try await eventually { setting.sink.counters.writtenReadings == 2 }
            let latest = try await setting.latest()
            #expect(latest == ["value": "21.25", "timestamp": "1970-01-01T00:01:41.000000Z", "unit": "C"])
            let list = try await setting.list()
            try #require(list.count == 2)
            #expect(
                list[0] == """
                    {"timestamp":"1970-01-01T00:01:41.000000Z","event_id":"producer-1-1","device_id":"dev-1",\
                    "sensor_type":"temperature","value":21.25,"unit":"C","quality":1.0}
                    """)
            for key in ["sensor:dev-1:temperature", "ts:dev-1:temperature"] {
                let seconds = try #require(try await setting.redis.send("TTL", key).integer)
                #expect((3_500...3_600).contains(seconds))
            }
        }
    }

    @Test func `the latest never goes back to an older timestamp`() async throws {
        try await with { setting in
            setting.sink.store([batch(1, [(200, 1)])])
            setting.sink.store([batch(2, [(199, 2)])])
            try await eventually { setting.sink.counters.writtenReadings == 2 }
            let latest = try await setting.latest()
            #expect(latest["value"] == "1.0")
            setting.sink.store([batch(3, [(201, 3), (150, 4)])])
            try await eventually { setting.sink.counters.writtenReadings == 4 }
            let later = try await setting.latest()
            #expect(later["value"] == "3.0")
        }
    }

    @Test func `the list holds exactly the hundred newest, by time`() async throws {
        try await with { setting in
            setting.sink.store([batch(1, (0..<101).map { ($0 * 10, Double($0)) })])
            setting.sink.store([batch(2, (101..<150).map { ($0 * 10, Double($0)) })])
            setting.sink.store([batch(3, [(1_255, 0.5), (3, 0.25)])])  // late: one has a place, one has not
            try await eventually { setting.sink.counters.writtenReadings == 151 }
            let list = try await setting.list()
            #expect(list.count == 100)
            #expect(list.map { String($0.prefix(41).dropFirst(14)) }.isStrictlyDescending)
            #expect(list.contains { $0.contains("\"value\":0.5,") })
            #expect(!list.contains { $0.contains("\"value\":0.25,") })
            #expect(list.first?.contains("\"value\":149.0,") == true)
            #expect(list.last?.contains("\"value\":51.0,") == true)
        }
    }

    @Test func `the same reading twice is in the list once, and readings of one moment are all in it`() async throws {
        try await with { setting in
            setting.sink.store([batch(1, [(5, 1), (5, 2)])])
            setting.sink.store([batch(2, [(5, 3)])])
            setting.sink.store([batch(1, [(5, 1), (5, 2)])])
            try await eventually { setting.sink.counters.writtenReadings == 5 }
            let list = try await setting.list()
            #expect(list.count == 3)
        }
    }

    @Test func `series of one commit are told apart, however they are spread over batches`() async throws {
        try await with { setting in
            let other = batch(2, [(7, 9)], sensor: "humidity", unit: "%")
            setting.sink.store([batch(1, [(2, 2)]), other, batch(3, [(1, 1), (3, 3)])])
            try await eventually { setting.sink.counters.writtenReadings == 4 }
            let list = try await setting.list()
            #expect(list.map { $0.contains("\"value\":3.0") } == [true, false, false])
            let humidity = try await setting.redis.send("HGET", "sensor:dev-1:humidity", "unit").text
            #expect(humidity == "%")
        }
    }

    @Test func `location, metadata and scores are in the list`() async throws {
        try await with { setting in
            var rich = batch(1, [(1, 1)])
            rich.locations = [SparseText(row: 0, text: #"{"lat":1.5}"#)]
            rich.metadata = [SparseText(row: 0, text: #"{"a":"b\"c"}"#)]
            rich.quality = [0.5]
            rich.anomalyScore = [0.25]
            setting.sink.store([rich])
            try await eventually { setting.sink.counters.writtenReadings == 1 }
            let list = try await setting.list()
            let tail = #""quality":0.5,"anomaly_score":0.25,"location":{"lat":1.5},"metadata":{"a":"b\"c"}}"#
            #expect(list.first?.hasSuffix(tail) == true)
        }
    }

    @Test func `an anomaly is no alert: its hash is the detector's to write`() async throws {
        try await with { setting in
            var anomalous = batch(4, [(60, 99)])
            anomalous.anomalies = [
                Anomaly(
                    row: 0, detector: "running-zscore", score: 12.5, threshold: 3, expectedLow: 19, expectedHigh: 21,
                    why: "99 is far away")
            ]
            setting.sink.store([anomalous])
            try await eventually { setting.sink.counters.writtenReadings == 1 }
            #expect(try await setting.redis.send("KEYS", "alert*").array == [])
        }
    }

    @Test func `a refusal degrades, is counted, and is over with the next success`() async throws {
        try await with { setting in
            try await setting.redis.send("SET", "ts:dev-1:temperature", "not a list")
            setting.sink.store([batch(1, [(1, 1)])])
            try await eventually { setting.sink.counters.droppedReadings == 1 }
            guard case .degraded(let why) = setting.sink.status else {
                Issue.record("the status is \(setting.sink.status)")
                return
            }
            #expect(why.contains("WRONGTYPE"))
            try await setting.redis.send("DEL", "ts:dev-1:temperature")
            setting.sink.store([batch(2, [(2, 2)])])
            try await eventually { setting.sink.status == .ok }
        }
    }
}

extension [String] {
    fileprivate var isStrictlyDescending: Bool {
        zip(self, dropFirst()).allSatisfy { $0 > $1 }
    }
}
