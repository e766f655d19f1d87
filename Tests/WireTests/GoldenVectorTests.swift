import Foundation
import Model
import Testing
import Wire

/// The bytes of `Vectors/*.hex` were written by the first builds of versions 1.0, 1.1 and 1.2. They stay as they are: what is
/// in spools and in flight during an update was written by such builds.
struct GoldenVectorTests {
    @Test func `a batch of version 1_0 is read`() throws {
        var batch = fullBatch()
        (batch.replays, batch.route) = ([], [])
        #expect(try BatchCodec.decode(try Vector.read("batch-1.0")) == batch)
    }

    @Test func `a batch of version 1_1 is read`() throws {
        var batch = fullBatch()
        batch.route = []
        #expect(try BatchCodec.decode(try Vector.read("batch-1.1")) == batch)
    }

    @Test(arguments: sampleFrames.indices, [0, 1] as [UInt32])
    func `a frame of an older version is read`(index: Int, minor: UInt32) throws {
        let older = WireVersion(major: 1, minor: minor)
        let vector = try Vector.read("frame-\(index)-1.\(minor)")
        #expect(try FrameCodec.decode(vector) == sampleFrames[index].written(in: older))
    }

    @Test func `the full batch has the bytes of version 1_2`() throws {
        let vector = try Vector.read("batch-1.2")
        let today = try BatchCodec.encode(fullBatch())
        #expect(today == vector, "today's bytes: \(Vector.hex(today))")
        #expect(try BatchCodec.decode(vector) == fullBatch())
    }

    @Test(arguments: sampleFrames.indices)
    func `every frame has the bytes of version 1_2`(index: Int) throws {
        let vector = try Vector.read("frame-\(index)-1.2")
        let today = try FrameCodec.encode(sampleFrames[index])
        #expect(today == vector, "today's bytes: \(Vector.hex(today))")
        #expect(try FrameCodec.decode(vector) == sampleFrames[index])
    }
}

extension PipeFrame {
    /// Two kinds say in which version their sender writes.
    fileprivate func written(in version: WireVersion) -> PipeFrame {
        var frame = self
        switch kind {
        case .hello(var hello):
            hello.version = version
            frame.kind = .hello(hello)
        case .welcome(var welcome):
            welcome.version = version
            frame.kind = .welcome(welcome)
        default: break
        }
        return frame
    }
}

private enum Vector {
    static func read(_ name: String) throws -> [UInt8] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Vectors")
        let text = try String(contentsOf: folder.appending(path: "\(name).hex"), encoding: .utf8)
        let digits = text.filter(\.isHexDigit).map { UInt8($0.hexDigitValue ?? 0) }
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }

    static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}
