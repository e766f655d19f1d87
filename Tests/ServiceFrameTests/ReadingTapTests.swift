import HTTPEndpoints
import Model
import Observability
import Synchronization
import Testing

@testable import StageRuntime

struct ReadingTapTests {
    private let batch = {
        var batch = ReadingBatch(identity: BatchIdentity(producer: "p", sequence: 1))
        batch.series = [("boiler-1", "temperature"), ("boiler-2", "pressure"), ("pump-1", "temperature")].map {
            Series(device: $0, sensor: $1, unit: "C", partition: Partition(rawValue: 0))
        }
        for row in 0..<6 {
            batch.appendReading(
                seriesIndex: UInt32(row % 3), timestamp: Int64(row) * 1_000_000, value: Double(row), receivedAt: 0,
                position: UInt32(row))
        }
        batch.anomalyScore = [0, 0, 0.5, 0, 0.9, 0]
        batch.anomalies = [4, 4].map { row in
            Anomaly(row: row, detector: "d", score: 4, threshold: 3, expectedLow: 0, expectedHigh: 1, why: "odd")
        }
        return batch
    }()

    @Test(arguments: [
        (TapFilter(), [0, 1, 2, 3, 4, 5]), (TapFilter(device: "boiler-*"), [0, 1, 3, 4]),
        (TapFilter(device: "boiler-*", sensor: "pressure"), [1, 4]), (TapFilter(sensor: "temp"), []),
        (TapFilter(anomalies: .only), [4]), (TapFilter(device: "pump-1", anomalies: .only), []),
    ])
    func `device, sensor and anomalies choose`(_ filter: TapFilter, _ rows: [Int]) {
        #expect(filter.rows(of: batch) == rows)
    }

    @Test func `a query is a filter, and what it does not know is named`() throws {
        let filter = try TapFilter(query: ["device": "a", "anomalies": ""])
        #expect(filter == TapFilter(device: "a", anomalies: .only))
        let error = #expect(throws: UnknownTapQuery.self) { try TapFilter(query: ["devise": "a"]) }
        #expect(error?.description == "there is no 'devise': a tap takes device, sensor and anomalies")
    }

    @Test func `what nobody looks at is not kept, and a closed tap gets nothing`() throws {
        let taps = ReadingTaps()
        taps.offer(batch)
        let tap = try #require(taps.open(TapFilter(device: "boiler-1")))
        #expect(tap.take().readings.isEmpty)
        taps.offer(batch)
        #expect(tap.take().readings.map(\.value) == [0, 3])
        taps.close(tap)
        taps.offer(batch)
        #expect(tap.take().readings.isEmpty)
    }

    @Test func `each onlooker has its own`() throws {
        let taps = ReadingTaps()
        let boilers = try #require(taps.open(TapFilter(device: "boiler-*")))
        let pumps = try #require(taps.open(TapFilter(device: "pump-*")))
        taps.offer(batch)
        #expect(boilers.take().readings.count == 4 && pumps.take().readings.count == 2)
    }

    @Test func `what an onlooker does not take in time is counted and not kept`() throws {
        let taps = ReadingTaps()
        let tap = try #require(taps.open(TapFilter()))
        let batches = ReadingTap.capacity / 6 + 10
        for _ in 0..<batches { taps.offer(batch) }
        let (readings, dropped) = tap.take()
        #expect(readings.count == ReadingTap.capacity && dropped == batches * 6 - ReadingTap.capacity)
        taps.offer(batch)
        #expect(tap.take() == (readings: readings.prefix(6).map { $0 }, dropped: 0))
    }

    private final class End: Sendable {
        let isReached = Atomic(false)
    }

    @Test func `nothing is lost or counted twice between two threads`() async throws {
        let (taps, end) = (ReadingTaps(), End())
        let tap = try #require(taps.open(TapFilter()))
        let reader = Task {
            var seen = 0
            while true {
                let isLast = end.isReached.load(ordering: .acquiring)
                let (readings, dropped) = tap.take()
                seen += readings.count + dropped
                if isLast { return seen }
                await Task.yield()
            }
        }
        for _ in 0..<20_000 { taps.offer(batch) }
        end.isReached.store(true, ordering: .releasing)
        #expect(await reader.value == 120_000)
    }

    @Test func `of those who come at the same time no more than eight look on`() async {
        for _ in 0..<50 {
            let taps = ReadingTaps()
            let opened = await withTaskGroup { group in
                for _ in 0..<32 { group.addTask { taps.open(TapFilter()) } }
                return await group.reduce(into: [ReadingTap]()) { opened, tap in if let tap { opened.append(tap) } }
            }
            #expect(opened.count == ReadingTaps.limit)
            taps.close(opened[0])
            #expect(taps.open(TapFilter()) != nil && taps.open(TapFilter()) == nil)
        }
    }

    @Test func `a place is taken from the answer on, and given back with it`() async {
        let identity = ServiceIdentity(service: "preprocessor", instance: "preprocessor-2")
        let route = TapRoute(taps: ReadingTaps(), identity: identity).route
        var answers: [HTTPAnswer] = []
        for _ in 0..<ReadingTaps.limit { answers.append(await route.answer(HTTPQuestion(path: "/tap"))) }
        #expect(answers.allSatisfy { $0.status == 200 })
        let refused = await route.answer(HTTPQuestion(path: "/tap"))
        #expect(refused.status == 503 && refused.body.contains("8 look on already"))
        // Nobody has read any of it, as after HEAD.
        answers.removeFirst()
        #expect(await route.answer(HTTPQuestion(path: "/tap")).status == 200)
    }

    @Test func `what was left out says where`() {
        #expect(
            TappedReading.line(dropped: 7, stage: "preprocessor", instance: "preprocessor-2")
                == #"{"dropped":7,"stage":"preprocessor","instance":"preprocessor-2"}"# + "\n")
    }

    @Test func `a reading is an object on a line`() {
        #expect(
            TappedReading(batch, 4).line(stage: "storage-writer", instance: "storage-writer-1")
                == #"{"device":"boiler-2","sensor":"pressure","time":"1970-01-01T00:00:04.000000Z","value":4.0,"#
                + #""unit":"C","quality":1.0,"anomaly_score":0.9,"stage":"storage-writer","#
                + #""instance":"storage-writer-1"}"# + "\n")
    }
}
