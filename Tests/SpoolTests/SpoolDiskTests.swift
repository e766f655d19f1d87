import Foundation
import Model
import SQLite
import Spool
import TestServers
import Testing

/// The disk below the spool, and the view of those who do not write it.
struct SpoolDiskTests {
    let path = FileManager.default.temporaryDirectory.appending(path: "spool-\(UUID().uuidString).sqlite").path

    private func open(minimumFreeBytes: Int = 0) throws -> Spool {
        try Spool(path: path, limitBytes: 1_000_000, minimumFreeBytes: minimumFreeBytes) { "producer-1" }
    }

    private func batch(_ sequence: UInt64) -> SpoolBatch {
        SpoolBatch(
            sequence: sequence, weight: 3, partitions: [Partition(rawValue: 1)], spooledAt: Timestamp(seconds: 9),
            payload: [UInt8](repeating: UInt8(sequence), count: 10))
    }

    @Test func `a disk with less than must stay free takes nothing, and says so`() throws {
        let wanted = 1 << 50
        let spool = try open(minimumFreeBytes: wanted)
        let error = #expect(throws: SpoolError.self) { try spool.append(batch(1)) }
        #expect(error == .diskLow(free: spool.status.freeBytes, minimum: wanted))
        #expect(error?.isFull == true)
        #expect(spool.isFull)
        #expect(!spool.hasRoomAgain)
        #expect(spool.status.batches == 0)
    }

    @Test func `room again is a tenth more than must stay free`() throws {
        let free = try open().status.freeBytes
        let enough = try open(minimumFreeBytes: free / 2)
        #expect(enough.shortage == nil)
        #expect(enough.hasRoomAgain)
        enough.close()
        // Between the two limits: it goes on taking, but would not come back.
        let scarce = try open(minimumFreeBytes: free / 100 * 95)
        #expect(scarce.shortage == nil)
        #expect(!scarce.hasRoomAgain)
    }

    /// SQLite needs room to record what leaves. Without a limit of its own the spool must leave that much.
    @Test(
        .enabled("file systems cannot be mounted here") { await SmallDisk.isExpected },
        arguments: [40_000, 700_000, 2_500_000])
    func `a spool that has a disk to itself fills it, is emptied, and fills it again`(bytes: Int) async throws {
        let disk = try await SmallDisk(at: TestDirectory.make(), mebibytes: 24)
        do {
            let spool = try Spool(path: "\(disk.path)/spool.sqlite", limitBytes: 1 << 30) { "producer-1" }
            for _ in 1...3 {
                let taken = try fill(spool, bytes)
                #expect(taken * bytes > 8 << 20)
                #expect(!spool.hasRoomAgain)
                try empty(spool)
                spool.lookAtDisk()
                #expect(spool.status.batches == 0)
                #expect(spool.hasRoomAgain)
            }
        } catch {
            await disk.remove()
            throw error
        }
        await disk.remove()
    }

    /// - Returns: how many batches fitted.
    private func fill(_ spool: Spool, _ bytes: Int) throws -> Int {
        var taken = 0
        while true {
            let batch = SpoolBatch(
                sequence: spool.nextSequence, weight: 3, partitions: [Partition(rawValue: 1)],
                spooledAt: Timestamp(seconds: 9), payload: [UInt8](repeating: UInt8(taken % 250), count: bytes))
            do throws(SpoolError) {
                try spool.append(batch)
                taken += 1
            } catch {
                guard case .diskLow = error else { throw error }
                return taken
            }
        }
    }

    private func empty(_ spool: Spool) throws {
        while let batch = try spool.first(after: spool.lowWater - 1) {
            spool.done(batch.sequence)
            try spool.removeDone()
        }
    }

    @Test func `a reader sees what the writer commits, and who it is`() throws {
        let spool = try open()
        try spool.append(batch(1))
        let reader = try SpoolReader(path: path)
        #expect(reader.producer == "producer-1")
        #expect(try reader.status().batches == 1)
        try spool.append(batch(2))
        #expect(try reader.status().weight == 6)
        #expect(try reader.first(after: 1)?.batch == batch(2))
        #expect(try reader.first(after: 2) == nil)
        #expect(reader.owner == getpid())
        spool.close()
        #expect(reader.owner == nil)
    }

    @Test func `a reader finds a flipped bit and leaves it where it is`() throws {
        let spool = try open()
        for sequence in 1...3 { try spool.append(batch(UInt64(sequence))) }
        try Database(path: path).execute("UPDATE batches SET payload = x'00' WHERE sequence = 2")
        let reader = try SpoolReader(path: path)
        #expect(try reader.first(after: 0)?.isIntact == true)
        #expect(try reader.first(after: 1)?.isIntact == false)
        #expect(try reader.status().batches == 3)
        #expect(try reader.status().damagedBatches == 0)
    }

    @Test func `a reader makes no file`() throws {
        #expect(throws: SpoolError.self) { try SpoolReader(path: path) }
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
