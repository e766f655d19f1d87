import IOLoop
import Model
import PostgreSQL
import Testing

@testable import Aggregator

@Suite struct RollupRebuildTests {
    @Test @IOThread func `a rebuild finds nothing to change, whatever is merged and pending`() async throws {
        try await withRollups { database in
            var generator = SplitMix64(seed: 31)
            for round in 0..<20 {
                let pending = try await database.write(randomBatch(&generator, count: 200))
                if round % 5 != 0 { try await database.merge([pending]) }
            }
            let report = try await RollupRebuild(connection: database.writer).run(everything)
            #expect(report.changed == 0)
            #expect(report.recovered > 0)
            #expect(report.compared > 0)
            #expect(try await database.unequalRows() == 0)
            let again = try await RollupRebuild(connection: database.writer).run(everything)
            #expect(again.changed == 0)
            #expect(again.recovered == 0)
        }
    }

    @Test(arguments: [
        "UPDATE rollup_1m_rows SET n = n + 1 WHERE sensor_id = 1",
        "UPDATE rollup_1m_rows SET mean = mean * (1 + 1e-7) WHERE sensor_id = 1",
        "DELETE FROM rollup_1h_rows WHERE sensor_id = 1",
        "UPDATE rollup_1d_rows SET last_value = 7 WHERE sensor_id = 1",
        "INSERT INTO rollup_1h_rows SELECT 1, '2026-01-01 23:00+00', 1, 1, 0, 1, 1, bucket, 1, bucket, 1 FROM rollup_1d_rows",
    ])
    @IOThread func `a rebuild finds and mends what was spoilt`(spoil: String) async throws {
        try await withRollups { database in
            let readings = (0..<100).map { SampleReading(sensor: 0, offset: .seconds($0), value: Double($0)) }
            try await database.merge([database.write(batch(readings))])
            try await database.writer.execute(spoil)
            let report = try await RollupRebuild(connection: database.writer).run(everything)
            #expect(report.changed > 0)
            #expect(try await database.unequalRows() == 0)
        }
    }

    @Test @IOThread func `a rebuild refuses what retention has dropped`() async throws {
        try await withRollups { database in
            try await database.writer.execute("UPDATE retention SET horizon = '2026-01-01 00:00+00'")
            let error = await #expect(throws: RebuildError.self) {
                try await RollupRebuild(connection: database.writer).run(everything)
            }
            #expect(error?.description.contains("dropped by retention") == true)
        }
    }
}
