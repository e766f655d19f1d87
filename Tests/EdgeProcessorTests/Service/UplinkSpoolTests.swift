import Foundation
import Model
import Spool
import Testing

@testable import EdgeProcessor

struct UplinkSpoolTests {
    private let path = FileManager.default.temporaryDirectory.appending(path: "edge-\(UUID().uuidString).sqlite").path

    private func open() throws -> UplinkSpool { try UplinkSpool(path: path) { "gateway-1" } }

    private func reading(_ number: Int, of series: Int = 0, important: Bool = false) -> UplinkMessage {
        UplinkMessage(
            kind: .reading, topic: "sensors/d/\(series)", payload: Array("{\"metadata\":{\"n\":\(number)".utf8),
            isImportant: important)
    }

    @Test func `messages leave in order, each with a number for good and without a gap`() throws {
        var spool = try open()
        try spool.commit((1...5).map { reading($0) })
        let first = try spool.next(after: 0, limit: 2)
        #expect(first.map(\.number) == [1, 2])
        spool.confirm(first[0])
        try spool.removeDone()
        spool.close()
        spool = try open()
        #expect(spool.producer == "gateway-1")
        #expect(spool.count == 4)
        let again = try spool.next(after: 0, limit: 10)
        #expect(again.map(\.number) == [2, 3, 4, 5])
        #expect(again.map(\.message) == (2...5).map { reading($0) })
    }

    @Test func `what is counted is what a new look finds`() throws {
        let spool = try open()
        try spool.commit((1...100).map { reading($0) } + [UplinkMessage(verbatim: "devices/ü/status", [1, 2, 3])])
        let counted = (spool.count, spool.bytes)
        try spool.takeStock()
        #expect(counted == (spool.count, spool.bytes))
        for delivery in try spool.next(after: 0, limit: 50) { spool.confirm(delivery) }
        try spool.removeDone()
        let after = (spool.count, spool.bytes)
        try spool.takeStock()
        #expect(after == (spool.count, spool.bytes))
        #expect(spool.count == 51)
    }

    /// Every reading is either there or counted by the next one of its series that is.
    @Test func `the oldest are thinned, none silently, the important ones last`() throws {
        let spool = try open()
        let numbers = 1...4_000
        try spool.commit(numbers.map { reading($0, of: $0 % 3, important: $0 % 100 == 0) })
        let handedOut = try spool.next(after: 0, limit: 10)
        let limit = spool.bytes / 3
        let outcome = try spool.makeRoom(limit: limit)
        #expect(spool.bytes <= limit)
        #expect(outcome.dropped == 0)
        let left = try spool.next(after: 0, limit: 10_000)
        #expect(left.count == 4_000 - outcome.thinned)
        #expect(left.reduce(0) { $0 + Int($1.thinned) } == outcome.thinned)
        #expect(left.prefix(10).map(\.sequence) == handedOut.map(\.sequence))
        #expect(left.prefix(10).allSatisfy { $0.thinned == 0 })
        #expect(left.count { $0.message.isImportant } == 40)
        // The newest keep their resolution, the oldest lose it.
        #expect(left.suffix(500).map(\.sequence) == Array(3_501...4_000))
        #expect(left.map(\.number) == (1...left.count).map(Int64.init))
        for series in 0..<3 {
            let own = left.filter { $0.message.topic == "sensors/d/\(series)" }
            #expect(own.reduce(0) { $0 + 1 + Int($1.thinned) } == numbers.count { $0 % 3 == series })
        }
    }

    @Test func `when only important ones are left they go too, and what is no reading goes last`() throws {
        let spool = try open()
        try spool.commit((1...200).map { reading($0, important: true) })
        try spool.commit((1...50).map { UplinkMessage(verbatim: "devices/d/status", Array("\($0)".utf8)) })
        let thinned = try spool.makeRoom(limit: spool.bytes * 3 / 4)
        #expect(thinned.thinned > 0 && thinned.dropped == 0)
        let verbatim = try spool.next(after: 0, limit: 1_000).count { $0.message.kind == .verbatim }
        #expect(verbatim == 50)
    }

    @Test func `when nothing can be thinned the oldest are dropped, and counted`() throws {
        let spool = try open()
        try spool.commit((1...100).map { UplinkMessage(verbatim: "devices/d/status", Array("\($0)".utf8)) })
        let outcome = try spool.makeRoom(limit: spool.bytes / 2)
        #expect(outcome.thinned == 0)
        #expect(spool.count == 100 - outcome.dropped)
        #expect(try spool.next(after: 0, limit: 1).first?.message.payload == Array("\(outcome.dropped + 1)".utf8))
    }

    @Test func `what is under way is never given up`() throws {
        let spool = try open()
        try spool.commit((1...20).map { reading($0) })
        _ = try spool.next(after: 0, limit: 20)
        #expect(try spool.makeRoom(limit: 10) == UplinkSpool.Thinning())
        #expect(spool.count == 20)
    }

    @Test func `held readings and packets are there after a restart`() throws {
        var spool = try open()
        let held = HeldReading(message: reading(7))
        try spool.commit([], packets: [RecentPacket(packetID: 9, hash: .max)], held: [.hold(held)])
        spool.close()
        spool = try open()
        #expect(try spool.heldReadings() == [held])
        #expect(try spool.recentPackets() == [9: .max])
        try spool.commit([held.message], held: [.release(topic: held.message.topic)])
        #expect(try spool.heldReadings().isEmpty)
        #expect(spool.count == 1)
    }

    @Test func `one process at a time has it`() throws {
        let spool = try open()
        #expect(throws: SpoolError.self) { try open() }
        spool.close()
        _ = try open()
    }
}
