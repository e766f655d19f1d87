import IOLoop
import Model
import PostgreSQL
import Testing

@testable import Aggregator

@Suite struct RollupRecoveryTests {
    @Test @IOThread func `readings whose batches never came are recovered from the readings`() async throws {
        try await withRollups { database in
            var generator = SplitMix64(seed: 11)
            for _ in 0..<20 { _ = try await database.write(randomBatch(&generator, count: 200)) }
            let outcome = try #require(try await database.recover())
            #expect(outcome.tokens == 20)
            #expect(try await database.unequalRows() == 0)
            #expect(try await database.count("rollup_tokens") == 0)
        }
    }

    @Test @IOThread func `merges and recoveries may alternate`() async throws {
        try await withRollups { database in
            var generator = SplitMix64(seed: 12)
            for round in 0..<30 {
                let pending = try await database.write(randomBatch(&generator, count: 50))
                if round % 3 == 0 { continue }
                if round % 7 == 0 { try await database.recover() }
                try await database.merge([pending])
            }
            try await database.recover()
            #expect(try await database.unequalRows() == 0)
        }
    }

    @Test @IOThread func `a merge that breaks before its commit leaves everything to recovery`() async throws {
        try await withRollups { database in
            var generator = SplitMix64(seed: 13)
            let pending = try await database.write(randomBatch(&generator, count: 100))
            let doomed = try await database.connection()
            let identified = try await SensorDirectory().identify([pending], on: doomed)
            try await doomed.execute("BEGIN")
            try await doomed.execute("DELETE FROM rollup_tokens")
            #expect(identified.count == 1)
            doomed.close()
            try await database.recover()
            #expect(try await database.merge([pending]).mergedReadings == 0)
            #expect(try await database.unequalRows() == 0)
        }
    }

    @Test @IOThread func `only one process recovers at a time`() async throws {
        try await withRollups { database in
            var generator = SplitMix64(seed: 14)
            _ = try await database.write(randomBatch(&generator, count: 10))
            let other = try await database.connection()
            try await other.execute("BEGIN; SELECT pg_advisory_xact_lock(\(RollupRecovery.lock))")
            #expect(try await database.recover() == nil)
            try await other.execute("ROLLBACK")
            #expect(try await database.recover() != nil)
            other.close()
        }
    }

    @Test @IOThread func `windows that tokens name but that have no readings lose their rows`() async throws {
        try await withRollups { database in
            let pending = try await database.write(batch([SampleReading(sensor: 0, offset: .zero, value: 1)]))
            try await database.merge([pending])
            try await database.writer.execute("DELETE FROM reading_rows")
            try await database.writer.execute(
                """
                INSERT INTO rollup_tokens (sensor_ids, minutes)
                SELECT array_agg(sensor_id), array_agg(extract(epoch FROM bucket)::integer / 60) FROM rollup_1m_rows
                """)
            try await database.recover()
            #expect(try await database.count("rollup_1d") == 0)
            #expect(try await database.count("rollup_1m") == 0)
        }
    }
}
