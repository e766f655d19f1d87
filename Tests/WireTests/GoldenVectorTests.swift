import Foundation
import Model
import Testing
import Wire

/// The bytes of `Vectors/*.hex` were written by the first build of version 1.0. They stay as they are: what is in
/// spools and in flight during an update was written by such builds.
struct GoldenVectorTests {
    @Test func `the full batch has the bytes of version 1_0`() throws {
        let vector = try Vector.read("batch-1.0")
        #expect(try BatchCodec.decode(vector) == fullBatch())
        let today = try BatchCodec.encode(fullBatch())
        #expect(today == vector, "today's bytes: \(Vector.hex(today))")
    }

    @Test(arguments: sampleFrames.indices)
    func `every frame has the bytes of version 1_0`(index: Int) throws {
        let vector = try Vector.read("frame-\(index)-1.0")
        #expect(try FrameCodec.decode(vector) == sampleFrames[index])
        let today = try FrameCodec.encode(sampleFrames[index])
        #expect(today == vector, "today's bytes: \(Vector.hex(today))")
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
