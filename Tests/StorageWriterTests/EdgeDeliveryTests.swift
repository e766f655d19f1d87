import IOLoop
import Model
import Testing

@testable import StorageWriter

/// What gateways send more than once.
@IOThread
struct EdgeDeliveryTests {
    /// Each reading came in a message of its own.
    private func batch(_ sequence: UInt64, deliveries: ClosedRange<Int64>, gateway: String = "g1") -> ReadingBatch {
        var batch = ReadingBatch.sample(sequence: sequence, devices: deliveries.count)
        for (row, number) in deliveries.enumerated() {
            batch.value[row] = Double(number)
            batch.replays.append(
                Replay(
                    eventID: EdgeDelivery(producer: gateway, sequence: number).eventID,
                    partition: batch.series(ofRow: row).partition, firstPosition: UInt32(row), count: 1))
        }
        return batch
    }

    @Test func `what comes again in another batch is stored once, and the ranges stay few`() async throws {
        let fixture = try await StoreFixture.make()
        let sink = fixture.sink()
        #expect(try await sink.store([batch(1, deliveries: 1...20)]).freshReadings == 20)
        let again = try await sink.store([batch(2, deliveries: 11...30)])
        #expect(again.freshReadings == 10 && again.duplicates == 10)
        // Out of order, and twice in one transaction.
        let rest = try await sink.store([
            batch(3, deliveries: 41...50), batch(4, deliveries: 31...45), batch(5, deliveries: 1...50),
        ])
        #expect(rest.freshReadings == 20)
        #expect(try await fixture.number("SELECT count(*) FROM readings") == 50)
        #expect(try await fixture.number("SELECT count(DISTINCT value) FROM readings") == 50)
        #expect(try await fixture.text("SELECT seen::text FROM edge_producers") == "{[1,51)}")
    }

    /// Both copies may wait at the broker while every mqtt-ingest is away, and come in one go.
    @Test func `what comes twice in one batch is stored once`() async throws {
        let fixture = try await StoreFixture.make()
        var twice = batch(1, deliveries: 1...20)
        for row in 10..<20 {
            twice.replays[row].eventID = twice.replays[row - 10].eventID
            twice.value[row] = twice.value[row - 10]
        }
        let commit = try await fixture.sink().store([twice])
        #expect(commit.freshReadings == 10 && commit.duplicates == 10)
        #expect(try await fixture.number("SELECT count(*) FROM readings") == 10)
        #expect(try await fixture.number("SELECT count(DISTINCT value) FROM readings") == 10)
    }

    @Test func `gateways do not touch each other`() async throws {
        let fixture = try await StoreFixture.make()
        let commit = try await fixture.sink().store([
            batch(1, deliveries: 1...5), batch(2, deliveries: 1...5, gateway: "g2"),
        ])
        #expect(commit.freshReadings == 10 && commit.duplicates == 0)
        #expect(try await fixture.number("SELECT count(*) FROM edge_producers") == 2)
    }

    @Test func `two writers with the same messages of several gateways store each once`() async throws {
        let fixture = try await StoreFixture.make()
        let sinks = (0..<3).map { _ in fixture.sink() }
        let writers = sinks.enumerated().map { index, sink in
            Task { @IOThread in
                var fresh = 0
                for round in 0..<20 {
                    let first = Int64(round * 10 + 1)
                    let gateways = index == 1 ? ["g2", "g1"] : ["g1", "g2"]
                    let batches = gateways.enumerated().map { place, gateway in
                        batch(
                            UInt64(index * 1_000 + round * 2 + place + 1), deliveries: first...(first + 14),
                            gateway: gateway)
                    }
                    fresh += try await sink.store(batches).freshReadings
                }
                return fresh
            }
        }
        var fresh = 0
        for writer in writers { fresh += try await writer.value }
        #expect(fresh == 2 * 205)
        #expect(try await fixture.number("SELECT count(*) FROM readings") == 2 * 205)
    }
}
