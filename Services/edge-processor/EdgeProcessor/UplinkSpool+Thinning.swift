internal import SQLite
internal import Spool

extension UplinkSpool {
    /// What making room cost.
    struct Thinning: Equatable {
        /// Readings that were given up; the next one of each series says how many they were.
        var thinned = 0
        /// Messages that were given up because nothing else was left, with those that they stood for: the oldest. The centre never learns
        /// of them.
        var dropped = 0
    }

    /// Makes room when more than `limit` bytes wait: in the older half of what was never handed out, every second reading of each
    /// series goes, and again. What is important goes only when nothing else is left, and messages that are no readings last.
    func makeRoom(limit: Int) throws(SpoolError) -> Thinning {
        var total = Thinning()
        // Each round gives up a part of the rest, so it ends; the bound is for a file that lies about itself.
        for _ in 0..<64 where waitingBytes > limit {
            let round = try thinOnce()
            total.thinned += round.thinned
            total.dropped += round.dropped
            try takeStock()
            if round == Thinning() { break }
        }
        return total
    }

    private func thinOnce() throws(SpoolError) -> Thinning {
        try stored { () throws(SQLiteError) in
            try database.transaction { () throws(SQLiteError) in
                for (important, divisor) in [(0, 2), (0, 1), (1, 2), (1, 1)] {
                    let thinned = try thinReadings(upToImportance: important, among: divisor)
                    if thinned > 0 { return Thinning(thinned: thinned) }
                }
                return Thinning(dropped: try dropOldest())
            }
        }
    }

    /// The first of each pair goes, and the second takes over its count.
    ///
    /// - Parameter divisor: 2 for the older half, 1 for all.
    private func thinReadings(upToImportance important: Int, among divisor: Int) throws(SQLiteError) -> Int {
        let waiting = try database.integer("SELECT count(*) FROM messages WHERE number = 0")
        let last = try database.integer(
            "SELECT sequence FROM messages WHERE number = 0 ORDER BY sequence LIMIT 1 OFFSET \(max(0, waiting / Int64(divisor) - 1))"
        )
        try database.execute(
            """
            DROP TABLE IF EXISTS temp.pairs;
            CREATE TEMP TABLE pairs AS
            WITH old AS (
                SELECT sequence, topic, thinned FROM messages
                WHERE number = 0 AND kind = 0 AND important <= \(important)
                    AND sequence <= \(last)),
            numbered AS (
                SELECT sequence, thinned, topic, row_number() OVER (PARTITION BY topic ORDER BY sequence) AS place,
                    lead(sequence) OVER (PARTITION BY topic ORDER BY sequence) AS heir
                FROM old)
            SELECT sequence, thinned, heir FROM numbered WHERE place % 2 = 1 AND heir IS NOT NULL;
            UPDATE messages SET thinned = messages.thinned + pairs.thinned + 1 FROM temp.pairs
            WHERE messages.sequence = pairs.heir;
            DELETE FROM messages WHERE sequence IN (SELECT sequence FROM temp.pairs);
            """)
        return Int(try database.integer("SELECT count(*) FROM temp.pairs"))
    }

    /// A tenth of what waits: readings, and only when there are none what is no reading.
    private func dropOldest() throws(SQLiteError) -> Int {
        let kinds = "SELECT count(*) FROM messages WHERE number = 0 AND kind = "
        let readings = try database.integer(kinds + "0")
        let (kind, waiting) = readings > 0 ? (0, readings) : (1, try database.integer(kinds + "1"))
        guard waiting > 0 else { return 0 }
        let oldest = """
            (SELECT sequence FROM messages WHERE number = 0 AND kind = \(kind) ORDER BY sequence
            LIMIT \(max(1, waiting / 10)))
            """
        let dropped = try database.integer("SELECT sum(thinned + 1) FROM messages WHERE sequence IN \(oldest)")
        try database.execute("DELETE FROM messages WHERE sequence IN \(oldest)")
        return Int(dropped)
    }
}
