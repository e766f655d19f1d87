import Model
import Testing

struct PartitionTests {
    @Test func `the hash is the published FNV-1a`() {
        #expect(StableHash.fnv1a("".utf8) == 0xcbf2_9ce4_8422_2325)
        #expect(StableHash.fnv1a("a".utf8) == 0xaf63_dc4c_8601_ec8c)
        #expect(StableHash.fnv1a("foobar".utf8) == 0x8594_4171_f739_67e8)
    }

    @Test func `a device stays in its partition for ever`() {
        #expect(Partition(device: "dev-1", of: .standard).rawValue == UInt16(StableHash.fnv1a("dev-1".utf8) % 32))
    }

    @Test func `devices spread over all partitions`() {
        let used = Set((0..<1_000).map { Partition(device: "device-\($0)", of: .standard) })
        #expect(used.count == 32)
    }
}
