import IOLoop
import Model
import PostgreSQL
import Testing

@testable import Aggregator

/// Two mergers that share all batches, a recovery and a rebuild, all at once on connections of their own.
@Suite struct RollupRaceTests {
    @Test @IOThread func `merges, recoveries and rebuilds in any interleaving give the right sums`() async throws {
        try await withRollups { database in
            let race = Race(database: database)
            async let first: Void = race.mergeAll(skipping: 3)
            async let second: Void = race.mergeAll(skipping: 5)
            async let recovering: Void = race.recoverRepeatedly()
            async let rebuilding: Void = race.rebuildRepeatedly()
            try await race.writeAll()
            _ = try await (first, second, recovering, rebuilding)
            try await database.recover()
            #expect(try await database.unequalRows() == 0)
            #expect(try await database.count("rollup_tokens") == 0)
            #expect(race.changedByRebuild == 0)
            #expect(race.recoveries > 0)
        }
    }
}

@IOThread
private final class Race {
    private let database: RollupDatabase
    private var written: [PendingBatch] = []
    private var isOver = false
    private(set) var changedByRebuild = 0
    private(set) var recoveries = 0

    init(database: RollupDatabase) {
        self.database = database
    }

    func writeAll() async throws {
        defer { isOver = true }
        var generator = SplitMix64(seed: 21)
        for _ in 0..<150 {
            // Few windows, so that everybody meets on the same rows.
            let readings = (0..<20).map { _ in
                SampleReading(
                    sensor: Int.random(in: 0..<2, using: &generator),
                    offset: .seconds(Int.random(in: 0..<300, using: &generator)),
                    value: Double.random(in: 10...20, using: &generator))
            }
            written.append(try await database.write(batch(readings)))
        }
    }

    /// Takes batches in twos as they are written, and leaves out every `skipping`th.
    func mergeAll(skipping: Int) async throws {
        let connection = try await database.connection()
        var next = 0
        while !isOver || next < written.count {
            let batches = written[next..<min(next + 2, written.count)].filter { $0.token % Int64(skipping) != 0 }
            next = min(next + 2, written.count)
            if batches.isEmpty { await Task.yield() }
            try await mergeOnceMoreAfterConflicts(batches, on: connection)
        }
        connection.close()
    }

    private func mergeOnceMoreAfterConflicts(
        _ batches: [PendingBatch], on connection: PostgreSQLConnection
    ) async throws {
        while true {
            do {
                try await database.merge(batches, on: connection)
                return
            } catch let error as PostgreSQLError where error.isConflict {
                continue
            }
        }
    }

    func recoverRepeatedly() async throws {
        let connection = try await database.connection()
        while !isOver {
            if try await RollupRecovery(connection: connection).run() != nil { recoveries += 1 }
        }
        connection.close()
    }

    func rebuildRepeatedly() async throws {
        let connection = try await database.connection()
        while !isOver {
            changedByRebuild += try await RollupRebuild(connection: connection).run(everything).changed
        }
        connection.close()
    }
}
