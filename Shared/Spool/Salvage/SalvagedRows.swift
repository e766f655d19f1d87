internal import Model
internal import SQLite

/// Reads what can be read of a damaged spool's tables and writes it to a new spool.
struct SalvagedRows {
    private(set) var saved = 0
    private(set) var damaged = 0
    private let read: SpoolSalvage.Reading
    private var last: UInt64 = 0

    /// Sequences are never given again, also those that nobody can read any more.
    private static let gap: UInt64 = 1 << 32
    /// How far is looked behind a row that cannot be read.
    private static let window: UInt64 = 1_024
    /// A number that a flipped bit made larger is not believed.
    private static let largest: UInt64 = 1 << 52

    init(read: @escaping SpoolSalvage.Reading) {
        self.read = read
    }

    mutating func move(from copy: String, to draft: String) throws {
        let source = try Database(path: copy, access: .read)
        let rows = try SpoolStatements(source, for: .reading)
        let target = try Database(path: draft)
        try SpoolSchema.prepare(target) { producer(rows, else: (try? rows.producer()) ?? nil) ?? "" }
        let statements = try SpoolStatements(target)
        last = min((try? rows.lastSequence()) ?? 0, Self.largest)
        try target.execute("BEGIN")
        try moveBatches(rows, statements)
        try movePackets(source, statements)
        try moveSubscriptions(source, target)
        // Each insert has counted its batch; what entered before counts as well.
        if let items = try? rows.items() { try target.execute("UPDATE spool SET items = \(items)") }
        if let count = try? rows.partitionCount() { try statements.setPartitionCount(count) }
        try statements.insert([], sequence: last + Self.gap, forgetting: nil)
        try target.execute("COMMIT")
    }

    /// A batch says whose it is; the table that says it as well has no checksum.
    func producer(_ rows: SpoolStatements, else named: String?) -> String? {
        var position: UInt64 = 0
        while let (row, isIntact) = (try? rows.first(after: position)) ?? nil {
            if isIntact, let found = read(row.payload, row.spooledAt) { return found.producer }
            position = row.sequence
        }
        return named
    }

    private mutating func moveBatches(_ rows: SpoolStatements, _ target: SpoolStatements) throws {
        var position: UInt64 = 0
        while true {
            do throws(SQLiteError) {
                guard let (row, isIntact) = try rows.first(after: position) else { return }
                position = row.sequence
                try keep(row, isIntact, rows, target)
            } catch {
                guard error.isDamage else { throw error }
                guard position < last || last == 0 else { return }
                let end = last == 0 ? position + Self.window : min(last, position + Self.window)
                try moveOneByOne(position + 1, end, rows, target)
                if last == 0 { return }
                position = end
            }
        }
    }

    private mutating func moveOneByOne(
        _ start: UInt64, _ end: UInt64, _ rows: SpoolStatements, _ target: SpoolStatements
    ) throws(SQLiteError) {
        guard start <= end else { return }
        for sequence in start...end {
            do throws(SQLiteError) {
                guard let (row, isIntact) = try rows.exactly(sequence) else { continue }
                try keep(row, isIntact, rows, target)
            } catch {
                guard error.isDamage else { throw error }
                damaged += 1
                try target.insertDamaged(
                    SpoolBatch(
                        sequence: sequence, weight: 0, partitions: [], spooledAt: Timestamp(microseconds: 0),
                        payload: []))
            }
        }
    }

    private mutating func keep(_ row: SpoolBatch, _ isIntact: Bool, _ rows: SpoolStatements, _ target: SpoolStatements)
        throws(SQLiteError)
    {
        if isIntact, let found = read(row.payload, row.spooledAt)?.batch, found.sequence == row.sequence {
            try target.insert(found, before: (try? rows.items(before: found.sequence)) ?? nil ?? 0)
            saved += 1
            last = max(last, row.sequence)
        } else {
            try target.insertDamaged(row)
            damaged += 1
        }
    }

    /// By these the broker's repetitions are recognised. What cannot be read may be stored twice.
    private mutating func movePackets(_ source: Database, _ target: SpoolStatements) throws {
        let rows = try source.prepare("SELECT sequence, packets FROM recent_packets ORDER BY sequence")
        while (try? rows.step()) == true {
            let sequence = UInt64(clamping: rows.integer(0))
            guard sequence <= Self.largest else { continue }
            try target.insert(PacketList.decode(rows.blob(1)), sequence: sequence, forgetting: nil)
            last = max(last, sequence)
        }
    }

    /// Without them the subscriptions are made again.
    private func moveSubscriptions(_ source: Database, _ target: Database) throws {
        guard let rows = try? source.prepare("SELECT filter FROM subscriptions") else { return }
        let insert = try target.prepare("INSERT OR REPLACE INTO subscriptions VALUES (?)")
        while (try? rows.step()) == true {
            try insert.bind(1, rows.text(0))
            try insert.run()
        }
    }
}
