import Foundation
import Model
import SQLite
import Spool
import Testing

struct SpoolTests {
    let path = FileManager.default.temporaryDirectory.appending(path: "spool-\(UUID().uuidString).sqlite").path

    private func open(limitBytes: Int = 1_000_000, recentPackets: Int = 32_768) throws -> Spool {
        try Spool(path: path, limitBytes: limitBytes, recentPackets: recentPackets) { "producer-1" }
    }

    private func batch(_ sequence: UInt64, bytes: Int = 10) -> SpoolBatch {
        SpoolBatch(
            sequence: sequence, weight: 3, partitions: [Partition(rawValue: 1), Partition(rawValue: 300)],
            spooledAt: Timestamp(seconds: Int64(sequence)), payload: [UInt8](repeating: UInt8(sequence), count: bytes))
    }

    @Test func `what was appended is there after a restart, in order`() throws {
        do {
            let spool = try open()
            for sequence in 1...3 { try spool.append(batch(UInt64(sequence))) }
        }
        let spool = try Spool(path: path, limitBytes: 1_000_000) { "producer-2" }
        #expect(spool.producer == "producer-1")
        #expect(spool.nextSequence == 4)
        #expect(spool.lowWater == 1)
        #expect(try spool.first(after: 0) == batch(1))
        #expect(try spool.first(after: 1) == batch(2))
        #expect(try spool.first(after: 3) == nil)
        #expect(spool.status.batches == 3)
        #expect(spool.status.weight == 9)
        #expect(spool.status.bytes == 30)
        #expect(spool.status.oldest == Timestamp(seconds: 1))
    }

    @Test func `the account says what entered before the first batch that waits`() throws {
        let spool = try open()
        #expect(try spool.account() == SpoolAccount(entered: 0, through: 1, enteredBefore: 0, damagedBefore: 0))
        for sequence in 1...4 { try spool.append(batch(UInt64(sequence))) }
        #expect(try spool.account() == SpoolAccount(entered: 12, through: 1, enteredBefore: 0, damagedBefore: 0))
        spool.done(1)
        spool.done(3)
        try spool.removeDone()
        #expect(try spool.account() == SpoolAccount(entered: 12, through: 2, enteredBefore: 3, damagedBefore: 0))
        spool.done(2)
        spool.done(4)
        try spool.removeDone()
        #expect(try spool.account() == SpoolAccount(entered: 12, through: 5, enteredBefore: 12, damagedBefore: 0))
        spool.close()
        let again = try open()
        try again.append(batch(5))
        try Database(path: path).execute("UPDATE batches SET payload = x'00'")
        #expect(try again.first(after: 0) == nil)
        #expect(try again.account() == SpoolAccount(entered: 15, through: 6, enteredBefore: 15, damagedBefore: 3))
    }

    @Test func `a sequence is never given twice, also when everything has left`() throws {
        do {
            let spool = try open()
            try spool.append(batch(1))
            try spool.append(batch(2))
            spool.done(1)
            spool.done(2)
            try spool.removeDone()
            #expect(spool.status.batches == 0)
            #expect(spool.status.bytes == 0)
            #expect(spool.lowWater == 3)
        }
        #expect(try open().nextSequence == 3)
    }

    @Test func `low water is the first batch that is not done`() throws {
        let spool = try open()
        for sequence in 1...4 { try spool.append(batch(UInt64(sequence))) }
        spool.done(2)
        spool.done(1)
        spool.done(4)
        // Removing rides on the next append.
        #expect(spool.lowWater == 1)
        try spool.append(batch(5))
        #expect(spool.lowWater == 3)
        #expect(spool.status.batches == 2)
        #expect(spool.status.oldest == Timestamp(seconds: 3))
    }

    @Test func `a full spool refuses and says so, and takes again when there is room`() throws {
        let spool = try open(limitBytes: 25)
        for sequence in 1...3 { try spool.append(batch(UInt64(sequence))) }
        #expect(throws: SpoolError.full(bytes: 30, limit: 25)) { try spool.append(batch(4)) }
        #expect(spool.nextSequence == 4)
        spool.done(1)
        try spool.removeDone()
        try spool.append(batch(4))
    }

    @Test func `packets are remembered with their batch, the newest of an id counts`() throws {
        do {
            let spool = try open()
            try spool.append(
                batch(1), packets: [RecentPacket(packetID: 1, hash: .max), RecentPacket(packetID: 2, hash: 7)])
            try spool.append(batch(2), packets: [RecentPacket(packetID: 1, hash: 9)])
        }
        #expect(try open().recentPackets() == [1: 9, 2: 7])
    }

    @Test func `no fewer packets than the window are remembered, and not many more`() throws {
        let spool = try open(recentPackets: 10)
        for sequence in 1...20 {
            let packets = (0..<4).map { RecentPacket(packetID: UInt16(sequence * 4 + $0), hash: 1) }
            try spool.append(batch(UInt64(sequence)), packets: packets)
        }
        #expect(try spool.recentPackets().keys.sorted() == Array(72...83))
    }

    @Test func `a damaged batch is set aside and the others go on`() throws {
        do {
            let spool = try open()
            for sequence in 1...3 { try spool.append(batch(UInt64(sequence))) }
        }
        do {
            let database = try Database(path: path)
            try database.execute("UPDATE batches SET payload = x'00ff' WHERE sequence = 2")
        }
        do {
            let spool = try open()
            #expect(try spool.first(after: 1) == batch(3))
            #expect(spool.status.damagedBatches == 1)
            #expect(spool.status.batches == 2)
        }
        #expect(try open().status.damagedBatches == 1)
    }

    @Test func `a file of a newer version is refused`() throws {
        _ = try open()
        try Database(path: path).execute("PRAGMA user_version = 9")
        let error = #expect(throws: SpoolError.self) { try open() }
        #expect(error?.description.contains("schema version 9") == true)
        #expect(error?.isRetriable == false)
    }

    @Test func `a file that is no database is told as damage`() throws {
        try Data(repeating: 65, count: 8_192).write(to: URL(filePath: path))
        guard case .storage(let error) = #expect(throws: SpoolError.self, performing: { try open() }) else { return }
        #expect(error.isDamage)
        #expect(!error.isRetriable)
    }

    @Test func `the subscriptions of the session are remembered`() throws {
        try open().setSubscriptions(["sensors/+/+", "devices/+/status"])
        #expect(try open().subscriptions() == ["sensors/+/+", "devices/+/status"])
    }
}
