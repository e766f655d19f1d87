import Foundation
import Model
import SQLite
import Spool
import Testing

/// Damage to every part of the file. What is damaged is counted and kept, and the rest is delivered, as it was written.
struct SpoolSalvageTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "salvage-\(UUID().uuidString)").path
    private var path: String { "\(folder)/spool.sqlite" }

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func batch(_ sequence: UInt64) -> SpoolBatch {
        var payload = [UInt8](repeating: UInt8(truncatingIfNeeded: sequence), count: 3_000)
        withUnsafeBytes(of: sequence) { payload.replaceSubrange(0..<8, with: $0) }
        return SpoolBatch(
            sequence: sequence, weight: 3, partitions: [Partition(rawValue: 1), Partition(rawValue: 30)],
            spooledAt: Timestamp(seconds: 7), payload: payload)
    }

    private var salvage: SpoolSalvage {
        SpoolSalvage(path: path) { payload, _ in
            let sequence = payload.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
            return ("producer-1", batch(sequence))
        }
    }

    /// 40 batches, of which the first 10 have left, as a process leaves them that is killed.
    ///
    /// - Parameter log: whether they are in the write-ahead log still, or in the database.
    private func makeSpool(inLog log: Bool) throws {
        let other = "\(folder)/original.sqlite"
        let spool = try Spool(path: other, limitBytes: 10_000_000) { "producer-1" }
        for sequence in 1...40 {
            if sequence <= 10 { spool.done(UInt64(sequence)) }
            try spool.append(
                batch(UInt64(sequence)), packets: [RecentPacket(packetID: UInt16(sequence), hash: UInt64(sequence))])
        }
        try spool.setSubscriptions(["sensors/+/+"])
        try spool.removeDone()
        if !log { try Database(path: other).execute("PRAGMA wal_checkpoint(TRUNCATE)") }
        for end in ["", "-wal"] { try FileManager.default.copyItem(atPath: other + end, toPath: path + end) }
        withExtendedLifetime(spool) {}
    }

    /// As versions 1 and 2 left it.
    private func makeOld(_ version: Int) throws {
        let database = try Database(path: path)
        if version == 1 { try database.execute("ALTER TABLE spool DROP COLUMN partitions") }
        try database.execute(
            """
            ALTER TABLE spool DROP COLUMN items; ALTER TABLE batches DROP COLUMN items_before;
            ALTER TABLE damaged_batches DROP COLUMN items_before; PRAGMA user_version = \(version);
            PRAGMA wal_checkpoint(TRUNCATE)
            """)
    }

    @Test(arguments: [1, 2])
    func `a spool of an older version is read beside nobody, and salvaged`(version: Int) throws {
        try makeSpool(inLog: false)
        try makeOld(version)
        do {
            let reader = try SpoolReader(path: path)
            #expect(reader.producer == "producer-1" && reader.partitions == (version == 1 ? nil : 32))
            #expect(try reader.status().batches == 30)
            #expect(try reader.first(after: 10)?.batch == batch(11))
        }
        // In the payload of a batch: its bytes are found, and changed.
        let bytes = try Data(contentsOf: URL(filePath: path))
        let payload = try #require(bytes.range(of: Data(batch(25).payload.prefix(64))))
        try flip(path, at: payload.lowerBound + 32)
        SpoolSalvage.suspect(path)
        let report = try #require(try salvage.mend())
        #expect(report.saved == 29 && report.damaged == 1)
        #expect(try delivered().sequences == (11...40).filter { $0 != 25 })
    }

    private func flip(_ file: String, at offset: Int, bit: UInt8 = 0) throws {
        var bytes = try Data(contentsOf: URL(filePath: file))
        bytes[offset] ^= 1 << bit
        try bytes.write(to: URL(filePath: file))
    }

    /// - Returns: the sequences that are delivered.
    private func delivered() throws -> (sequences: [UInt64], spool: Spool) {
        let spool = try Spool(path: path, limitBytes: 10_000_000) { "another" }
        var sequences: [UInt64] = []
        var position: UInt64 = 0
        while let next = try spool.first(after: position) {
            #expect(next == batch(next.sequence))
            sequences.append(next.sequence)
            position = next.sequence
        }
        return (sequences, spool)
    }

    @Test(arguments: [true, false])
    func `a sound spool is left alone`(log: Bool) throws {
        try makeSpool(inLog: log)
        #expect(try salvage.mend() == nil)
        let (sequences, spool) = try delivered()
        #expect(sequences == Array(11...40))
        #expect(spool.nextSequence == 41)
    }

    @Test func `no file is no damage`() throws {
        #expect(try salvage.mend() == nil)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    /// SQLite alone would end the log there, without a word, and give the sequences to other readings.
    @Test func `a flipped bit in the middle of the log costs one batch at most`() throws {
        try makeSpool(inLog: true)
        let size = try Data(contentsOf: URL(filePath: "\(path)-wal")).count
        try flip("\(path)-wal", at: size / 2)
        let report = try #require(try salvage.mend())
        #expect(report.reason.contains("write-ahead log is damaged in frame"))
        let (sequences, spool) = try delivered()
        #expect(sequences.count >= 29 && Set(sequences).isSubset(of: Set(11...40)))
        #expect(spool.producer == "producer-1")
        #expect(spool.nextSequence > 1 << 32)
        #expect(try spool.recentPackets().count >= 39)
        #expect(try spool.subscriptions() == ["sensors/+/+"])
        #expect(FileManager.default.fileExists(atPath: report.quarantine + "-wal"))
        try spool.append(batch(spool.nextSequence))
    }

    @Test func `a log whose header is damaged is read all the same`() throws {
        try makeSpool(inLog: true)
        try flip("\(path)-wal", at: 2)
        _ = try #require(try salvage.mend())
        #expect(try delivered().sequences == Array(11...40))
    }

    @Test func `a log that ends in the middle of a transaction is no damage`() throws {
        try makeSpool(inLog: true)
        let log = try Data(contentsOf: URL(filePath: "\(path)-wal"))
        try log.dropLast(2_000).write(to: URL(filePath: "\(path)-wal"))
        #expect(try salvage.mend() == nil)
        #expect(try delivered().sequences.count >= 29)
    }

    @Test func `a first page that is gone is made again`() throws {
        try makeSpool(inLog: false)
        var bytes = try Data(contentsOf: URL(filePath: path))
        bytes.replaceSubrange(0..<4_096, with: Data(repeating: 0xaa, count: 4_096))
        try bytes.write(to: URL(filePath: path))
        let report = try #require(try salvage.mend())
        #expect(report.saved >= 30 && report.damaged == 0)
        let (sequences, spool) = try delivered()
        #expect(Set(sequences).isSuperset(of: 11...40))
        #expect(spool.producer == "producer-1")
    }

    @Test func `a file that says another producer than its batches is mended`() throws {
        try makeSpool(inLog: false)
        try Database(path: path).execute("UPDATE spool SET producer = 'producer-3'")
        let report = try #require(try salvage.mend())
        #expect(report.reason == "its batches are of producer-1, and it says producer-3")
        let (sequences, spool) = try delivered()
        #expect(sequences == Array(11...40))
        #expect(spool.producer == "producer-1")
    }

    @Test func `a page in the middle that is gone costs what was in it`() throws {
        try makeSpool(inLog: false)
        let size = try Data(contentsOf: URL(filePath: path)).count
        for page in 2..<size / 4_096 {
            let copy = try SpoolSalvageTests()
            try copy.makeSpool(inLog: false)
            var bytes = try Data(contentsOf: URL(filePath: copy.path))
            bytes.replaceSubrange(page * 4_096..<(page + 1) * 4_096, with: Data(repeating: 0, count: 4_096))
            try bytes.write(to: URL(filePath: copy.path))
            _ = try copy.salvage.mend()
            let (sequences, spool) = try copy.delivered()
            #expect(Set(sequences).isSubset(of: 1...40))
            // Damage that nobody has to notice is in pages that hold nothing any more.
            let missing = Set(11...40).subtracting(sequences)
            #expect(missing.count <= 2 || spool.status.damagedBatches >= missing.count, "page \(page): \(missing)")
            try copy.takesMore(spool)
        }
    }

    @Test(arguments: 0..<150)
    func `a flipped bit anywhere is survived`(seed: Int) throws {
        try makeSpool(inLog: seed.isMultiple(of: 2))
        var random = SplitMix64(seed: UInt64(seed))
        let file = seed.isMultiple(of: 2) ? "\(path)-wal" : path
        let size = try Data(contentsOf: URL(filePath: file)).count
        try flip(file, at: Int.random(in: 0..<size, using: &random), bit: UInt8.random(in: 0..<8, using: &random))
        _ = try salvage.mend()
        let (sequences, spool) = try delivered()
        let missing = Set(11...40).subtracting(sequences)
        #expect(missing.count <= 2, "lost \(missing)")
        #expect(spool.producer == "producer-1")
        #expect(missing.isEmpty || spool.status.damagedBatches > 0, "lost without a count: \(missing)")
        try takesMore(spool)
    }

    /// Killed when the new file was there and the old one was partly moved away.
    @Test func `a salvage that was interrupted is ended by the next`() throws {
        try makeSpool(inLog: false)
        try FileManager.default.moveItem(atPath: path, toPath: "\(path).salvaged")
        try Data("old".utf8).write(to: URL(filePath: "\(path)-wal"))
        SpoolSalvage.suspect(path)
        #expect(try salvage.mend() == nil)
        #expect(try delivered().sequences == Array(11...40))
        #expect(!FileManager.default.fileExists(atPath: "\(path).suspect"))
    }

    private func takesMore(_ spool: Spool) throws {
        #expect(spool.nextSequence > 40)
        let sequence = spool.nextSequence
        try spool.append(batch(sequence))
        #expect(try spool.first(after: sequence - 1) == batch(sequence))
    }
}
