import Model
import Testing
import Wire

/// One of each kind, with something in every field.
let sampleFrames: [PipeFrame] = [
    PipeFrame(session: 7, .hello(.init(stage: "preprocessor", instance: "preprocessor-1", credit: 20_000))),
    PipeFrame(
        session: 7, .welcome(.init(instance: "mqtt-ingest-1", partitions: 32, heartbeatInterval: .milliseconds(1_000)))),
    PipeFrame(
        session: 7, number: 1,
        .batch(
            .init(
                delivery: 99, identity: BatchIdentity(producer: "8c1f-spool", sequence: 42), lowWater: 40,
                partitions: [Partition(rawValue: 0), Partition(rawValue: 31)], weight: 3, redelivered: true, token: 0))),
    PipeFrame(session: 7, number: 2, .ack(deliveries: [1, 99, 300])),
    PipeFrame(session: 7, number: 3, .nack(deliveries: [4], .retry(after: .milliseconds(250), reason: "no store"))),
    PipeFrame(session: 7, number: 4, .nack(deliveries: [5], .refused(reason: "cannot be read"))),
    PipeFrame(session: 7, number: 5, .credit(readings: 3)),
    PipeFrame(session: 7, number: 6, .heartbeat),
    PipeFrame(session: UInt64.max, .goodbye(.init(.incompatible, "another major version"))),
]

struct FrameCodecTests {
    @Test(arguments: sampleFrames)
    func `every frame comes back as it was`(frame: PipeFrame) throws {
        #expect(try FrameCodec.decode(try FrameCodec.encode(frame)) == frame)
    }

    /// Found by fuzzing.
    @Test func `the longest interval comes back as it was`() throws {
        let longest = Duration.milliseconds(Int64(UInt32.max))
        let frame = PipeFrame(
            session: 1, .welcome(.init(instance: "up", partitions: 32, heartbeatInterval: longest)))
        #expect(try FrameCodec.decode(try FrameCodec.encode(frame)) == frame)
    }

    @Test func `a batch without a token has none`() throws {
        let header = PipeFrame.BatchHeader(
            delivery: 1, identity: BatchIdentity(producer: "p", sequence: 1), lowWater: 0, partitions: [], weight: 1)
        let frame = PipeFrame(session: 1, number: 1, .batch(header))
        #expect(try FrameCodec.decode(try FrameCodec.encode(frame)) == frame)
    }

    @Test func `a frame of an unknown kind is an error and an unknown field is none`() throws {
        let unknownKind: [UInt8] = [0x08, 0x07, 0xFA, 0x01, 0x00]
        #expect(throws: WireError.self) { try FrameCodec.decode(unknownKind) }
        let heartbeat = PipeFrame(session: 7, number: 6, .heartbeat)
        let withField = try FrameCodec.encode(heartbeat) + [0xC0, 0x3E, 0x01]
        #expect(try FrameCodec.decode(withField) == heartbeat)
    }

    @Test func `no bytes crash the decoder`() throws {
        for frame in sampleFrames {
            let bytes = try FrameCodec.encode(frame)
            for index in bytes.indices {
                _ = try? FrameCodec.decode(Array(bytes.prefix(index)))
                var broken = bytes
                broken[index] = ~broken[index]
                _ = try? FrameCodec.decode(broken)
            }
        }
    }
}
