import IOLoop
import Model
import PostgreSQL
import Testing

@testable import Aggregator

@Suite struct RollupMergeTests {
    @Test @IOThread func `merged batches give the rollups that SQL computes from the readings`() async throws {
        try await withRollups { database in
            var generator = SplitMix64(seed: 1)
            for _ in 0..<30 {
                let pending = try await database.write(randomBatch(&generator, count: 200))
                try await database.merge([pending])
            }
            #expect(try await database.unequalRows() == 0)
            #expect(try await database.count("rollup_tokens") == 0)
            #expect(try await database.count("rollup_1m") > 1_000)
        }
    }

    @Test @IOThread func `a batch is merged once however often it comes`() async throws {
        try await withRollups { database in
            var generator = SplitMix64(seed: 2)
            let pending = try await database.write(randomBatch(&generator, count: 100))
            let first = try await database.merge([pending])
            let second = try await database.merge([pending, pending])
            #expect(first.mergedReadings == 100)
            #expect(second.mergedReadings == 0)
            #expect(try await database.unequalRows() == 0)
        }
    }

    @Test @IOThread func `the order of merges does not matter`() async throws {
        try await withRollups { database in
            var generator = SplitMix64(seed: 3)
            var pending: [PendingBatch] = []
            for _ in 0..<20 { pending.append(try await database.write(randomBatch(&generator, count: 100))) }
            for batch in pending.shuffled(using: &generator) { try await database.merge([batch]) }
            #expect(try await database.unequalRows() == 0)
        }
    }

    @Test @IOThread func `a late reading lands in its own hour`() async throws {
        try await withRollups { database in
            let now = try await database.write(batch([SampleReading(sensor: 0, offset: .seconds(90_000), value: 1)]))
            let late = try await database.write(batch([SampleReading(sensor: 0, offset: .seconds(3_700), value: 2)]))
            try await database.merge([now])
            try await database.merge([late])
            let rows = try await database.writer.query(
                "SELECT bucket, avg_value, reading_count, std_value FROM rollup_1h ORDER BY bucket")
            #expect(rows.count == 2)
            #expect(rows.timestamp(0, 0) == newYear.advanced(by: .seconds(3_600)))
            #expect(rows.double(0, 1) == 2)
            #expect(rows.isNull(0, 3))
        }
    }

    @Test @IOThread func `values at the ends of the doubles stop nobody`() async throws {
        try await withRollups { database in
            let extremes: [Double] = [
                .greatestFiniteMagnitude, -.greatestFiniteMagnitude, 1e200, .leastNonzeroMagnitude, -0x1p-1030, 0, -0.0,
                1,
                .leastNormalMagnitude, 1e139, 3e-162,
            ]
            for (index, value) in extremes.enumerated() {
                let readings = [
                    SampleReading(sensor: 0, offset: .seconds(index), value: value),
                    SampleReading(sensor: 1, offset: .seconds(index), value: value.magnitude < 1 ? value : 1e-300),
                ]
                try await database.merge([database.write(batch(readings))])
            }
            #expect(try await database.unequalRows() == 0)
            #expect(try await RollupRebuild(connection: database.writer).run(everything).changed == 0)
            _ = try await database.write(batch([SampleReading(sensor: 0, offset: .zero, value: 1)]))
            _ = try await database.write(batch([SampleReading(sensor: 1, offset: .zero, value: 1)]))
            try await database.recover()
            #expect(try await database.unequalRows() == 0)
        }
    }

    @Test @IOThread func `a batch of a sensor that PostgreSQL does not know keeps its token`() async throws {
        try await withRollups { database in
            let unknown = batch([SampleReading(sensor: 9, offset: .zero, value: 1)])
            let pending = try await database.write(batch([SampleReading(sensor: 0, offset: .zero, value: 1)]))
            try await database.merge([PendingBatch(token: pending.token, readings: unknown)])
            #expect(try await database.count("rollup_tokens") == 1)
        }
    }
}

/// Wider than what the tests write.
let everything = newYear.advanced(by: .seconds(-200_000))..<newYear.advanced(by: .seconds(400_000))
