internal import SQLite

/// The tables of the gateway's spool.
enum UplinkSchema {
    static let version: Int64 = 1
    /// Half a megabyte: what the log may hold before it is moved into the file.
    private static let logPages = 128

    static func prepare(_ database: Database, newProducer: () -> String) throws(SQLiteError) {
        database.setBusyTimeout(milliseconds: 5_000)
        // Debian's SQLite overwrites what is deleted unless told: each message would be written twice.
        try database.execute(
            """
            PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = OFF;
            PRAGMA wal_autocheckpoint = \(logPages)
            """)
        guard try database.integer("PRAGMA user_version") == 0 else { return }
        try database.transaction { () throws(SQLiteError) in
            try database.execute(tables)
            let insert = try database.prepare("INSERT INTO gateway VALUES (?, 1)")
            try insert.bind(1, newProducer())
            try insert.run()
            try database.execute("PRAGMA user_version = \(version)")
        }
    }

    /// `number` is 0 until a message is first handed out. `thinned` counts the readings of the series before it that were given up.
    private static let tables = """
        CREATE TABLE gateway (producer TEXT NOT NULL, next_number INTEGER NOT NULL) STRICT;
        CREATE TABLE messages (
            sequence INTEGER PRIMARY KEY AUTOINCREMENT, number INTEGER NOT NULL DEFAULT 0, kind INTEGER NOT NULL,
            important INTEGER NOT NULL, thinned INTEGER NOT NULL DEFAULT 0, topic TEXT NOT NULL, payload BLOB NOT NULL
        ) STRICT;
        CREATE TABLE held (topic TEXT PRIMARY KEY, important INTEGER NOT NULL, payload BLOB NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE refused (
            number INTEGER PRIMARY KEY, topic TEXT NOT NULL, payload BLOB NOT NULL, why TEXT NOT NULL
        ) STRICT;
        CREATE TABLE subscriptions (filter TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
        CREATE TABLE recent_packets (
            position INTEGER PRIMARY KEY AUTOINCREMENT, packet_id INTEGER NOT NULL, hash INTEGER NOT NULL
        ) STRICT;
        """
}
