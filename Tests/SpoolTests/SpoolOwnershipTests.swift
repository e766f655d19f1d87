import Foundation
import Glibc
import Model
import SQLite
import Spool
import Testing

/// One process at a time, and for one number of partitions.
struct SpoolOwnershipTests {
    let path = FileManager.default.temporaryDirectory.appending(path: "spool-\(UUID().uuidString).sqlite").path

    private func open(partitions: UInt16 = 32) throws -> Spool {
        try Spool(path: path, limitBytes: 1_000_000, partitions: PartitionCount(rawValue: partitions)) { "producer-1" }
    }

    private func batch(_ sequence: UInt64, in partition: UInt16 = 1, byte: UInt8 = 0) -> SpoolBatch {
        SpoolBatch(
            sequence: sequence, weight: 3, partitions: [Partition(rawValue: partition)],
            spooledAt: Timestamp(seconds: 1), payload: [byte])
    }

    @Test func `a spool that is open is refused, with its name and who has it`() throws {
        let spool = try open()
        let error = #expect(throws: SpoolError.self) { try open() }
        let expected = "cannot open the spool \(path): another process (pid \(getpid())) has it open"
        #expect(error?.description == expected)
        #expect(error?.isRetriable == true)
        try spool.append(batch(1))
    }

    @Test func `a spool that was closed opens at once`() throws {
        let first = try open()
        try first.append(batch(1))
        first.close()
        #expect(try open().nextSequence == 2)
        #expect(first.nextSequence == 2)
    }

    @Test func `a batch is never written over another one`() throws {
        let spool = try open()
        try Database(path: path).execute("INSERT INTO batches VALUES (1, 1, 1, 1, x'', 0, x'2a', 0)")
        #expect(throws: SpoolError.self) { try spool.append(batch(1)) }
        #expect(try Database(path: path).integer("SELECT count(*) FROM batches WHERE payload = x'2a'") == 1)
    }

    @Test(arguments: [16, 64] as [UInt16])
    func `batches for another number of partitions are not taken up`(wanted: UInt16) throws {
        do { try open().append(batch(1)) }
        let error = #expect(throws: SpoolError.self) { try open(partitions: wanted) }
        #expect(error == .otherPartitions(path: path, found: 32, wanted: Int(wanted), batches: 1))
        #expect(error?.isRetriable == false)
        #expect(try open().status.batches == 1)
    }

    @Test func `an empty spool takes any number of partitions, and remembers it`() throws {
        do {
            let spool = try open()
            try spool.append(batch(1))
            spool.done(1)
            try spool.removeDone()
        }
        do { try open(partitions: 16).append(batch(2)) }
        #expect(throws: SpoolError.self) { try open() }
        #expect(try open(partitions: 16).nextSequence == 3)
    }

    @Test func `a file of version 1 is taken up when its batches fit`() throws {
        do { try open().append(batch(1, in: 20)) }
        try Database(path: path).execute(
            """
            ALTER TABLE spool DROP COLUMN partitions; ALTER TABLE spool DROP COLUMN items;
            ALTER TABLE batches DROP COLUMN items_before; ALTER TABLE damaged_batches DROP COLUMN items_before;
            PRAGMA user_version = 1
            """)
        #expect(throws: SpoolError.otherPartitions(path: path, found: 21, wanted: 16, batches: 1)) {
            try open(partitions: 16)
        }
        #expect(try open().status.batches == 1)
        #expect(throws: SpoolError.self) { try open(partitions: 64) }
    }
}
