internal import Model
internal import Wire

/// Bytes are a batch or an error that says why not; a batch encodes to what decodes to it again, and everything that the
/// stages do with a batch can be done with it.
enum BatchProperties {
    private static let limits = WireLimits(bytes: 1 << 20, items: 10_000)
    private static let now = Timestamp(seconds: 1_795_377_600)

    static func check(_ input: [UInt8]) throws(BrokenProperty) {
        guard let batch = try decoded(input) else { return }
        try checkTravels(batch)
        try checkSplits(batch)
        checkLeaves(batch)
    }

    private static func decoded(_ bytes: [UInt8]) throws(BrokenProperty) -> ReadingBatch? {
        do {
            return try BatchCodec.decode(bytes, limits: limits)
        } catch {
            try require(!error.message.isEmpty, "an error without a word")
            return nil
        }
    }

    /// By bytes: NaN is not equal to itself.
    static func checkTravels(_ batch: ReadingBatch) throws(BrokenProperty) {
        let bytes = try encoded(batch)
        guard let again = try decoded(bytes) else { throw BrokenProperty("a batch that was decoded is refused later") }
        try require(try encoded(again) == bytes, "a batch does not come back as it was")
    }

    private static func encoded(_ batch: ReadingBatch) throws(BrokenProperty) -> [UInt8] {
        do {
            return try BatchCodec.encode(batch)
        } catch {
            throw BrokenProperty("a batch cannot be encoded: \(error)")
        }
    }

    /// What a pipe does on the way to several workers.
    private static func checkSplits(_ batch: ReadingBatch) throws(BrokenProperty) {
        let parts = batch.split(PartitionAssignment(parts: 3, of: .standard) { Int($0.rawValue) % 3 })
        try require(parts.reduce(0) { $0 + $1.count } == batch.count, "splitting loses or doubles readings")
        try require(
            parts.reduce(0) { $0 + $1.deadLetters.count + $1.presence.count }
                == batch.deadLetters.count + batch.presence.count, "splitting loses dead letters or presence")
        for part in parts { try checkTravels(part) }
        for partition in batch.partitions {
            try require(!batch.part(of: [partition]).isEmpty, "a partition that has nothing in the batch")
        }
    }

    /// What the ends of the data path do: alerts, dead letters, ages. Only traps can go wrong here.
    private static func checkLeaves(_ batch: ReadingBatch) {
        for alert in batch.alerts {
            _ = now.since(alert.timestamp)
            _ = alert.timestamp.iso8601
        }
        for row in 0..<batch.count {
            _ = batch.deadLetter(ofRow: row, reason: .outOfRange, detail: "fuzzed", stage: "fuzzer")
            _ = now.since(Timestamp(microseconds: batch.receivedAt[row]))
        }
        for letter in batch.deadLetters { _ = letter.receivedAt.iso8601 }
        for change in batch.presence { _ = change.at.advanced(by: .seconds(86_400)).iso8601 }
        var remaining = batch
        remaining.removeRows((0..<UInt32(batch.count)).filter { $0.isMultiple(of: 2) })
    }
}
