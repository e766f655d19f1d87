internal import Model
internal import SQLite

/// The tables of a spool file, and their version in `user_version`.
enum SpoolSchema {
    static let version: Int64 = 3
    /// The first that says for how many partitions its batches are.
    static let firstWithPartitions: Int64 = 2

    /// Makes a new file, or accepts an old one.
    static func prepare(_ database: Database, newProducer: () -> String) throws(SpoolError) {
        do throws(SQLiteError) {
            database.setBusyTimeout(milliseconds: 5_000)
            // Debian's SQLite overwrites what is deleted: each batch would be written twice, and need room to leave.
            try database.execute(
                """
                PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
                PRAGMA secure_delete = OFF
                """)
            switch try database.integer("PRAGMA user_version") {
            case 0: try create(database, producer: newProducer())
            case 1:
                try addPartitions(database)
                try addAccounts(database)
            case 2: try addAccounts(database)
            default: break
            }
        } catch {
            throw .storage(error)
        }
        let found = try Result { () throws(SQLiteError) in try database.integer("PRAGMA user_version") }
            .mapError(SpoolError.storage).get()
        guard found <= version else { throw .newerSchema(path: database.path, found: found, known: version) }
    }

    private static func create(_ database: Database, producer: String) throws(SQLiteError) {
        try database.transaction { () throws(SQLiteError) in
            try database.execute(tables)
            let insert = try database.prepare("INSERT INTO spool (producer, created_at) VALUES (?, ?)")
            try insert.bind(1, producer)
            try insert.bind(2, Timestamp.now().microseconds)
            try insert.run()
            try database.execute("PRAGMA user_version = \(version)")
        }
    }

    /// Version 1 did not say for how many partitions its batches are.
    private static func addPartitions(_ database: Database) throws(SQLiteError) {
        try database.transaction { () throws(SQLiteError) in
            try database.execute(
                "ALTER TABLE spool ADD COLUMN partitions INTEGER; PRAGMA user_version = 2")
        }
    }

    /// Version 2 did not count what came before a batch. The account begins with what waits.
    private static func addAccounts(_ database: Database) throws(SQLiteError) {
        try database.transaction { () throws(SQLiteError) in
            try database.execute(
                """
                ALTER TABLE spool ADD COLUMN items INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE batches ADD COLUMN items_before INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE damaged_batches ADD COLUMN items_before INTEGER NOT NULL DEFAULT 0;
                UPDATE spool SET items = (SELECT coalesce(sum(weight), 0) FROM batches);
                UPDATE batches SET items_before = w.items FROM (
                    SELECT sequence AS s, sum(weight) OVER (ORDER BY sequence) - weight AS items FROM batches) AS w
                WHERE w.s = batches.sequence;
                PRAGMA user_version = \(version)
                """)
        }
    }

    /// `recent_packets` has a row for each batch of the window, also for those that have left: the newest row tells
    /// the last sequence that was ever given. `items` counts all that ever entered, `items_before` those that entered
    /// before a batch: the spool's side of the ledger.
    private static let tables = """
        CREATE TABLE spool (
            producer TEXT NOT NULL, created_at INTEGER NOT NULL, partitions INTEGER,
            items INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE TABLE batches (
            sequence INTEGER PRIMARY KEY, weight INTEGER NOT NULL, bytes INTEGER NOT NULL,
            spooled_at INTEGER NOT NULL, partitions BLOB NOT NULL, checksum INTEGER NOT NULL, payload BLOB NOT NULL,
            items_before INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE TABLE damaged_batches (
            sequence INTEGER PRIMARY KEY, weight INTEGER NOT NULL, bytes INTEGER NOT NULL,
            spooled_at INTEGER NOT NULL, partitions BLOB NOT NULL, checksum INTEGER NOT NULL, payload BLOB NOT NULL,
            items_before INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE TABLE recent_packets (
            sequence INTEGER PRIMARY KEY, count INTEGER NOT NULL, packets BLOB NOT NULL
        ) STRICT;
        CREATE TABLE subscriptions (filter TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
        """
}
