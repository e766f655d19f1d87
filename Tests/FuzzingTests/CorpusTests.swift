import Foundation
import FuzzProperties
import Testing

/// The fuzzers' inputs, once each and without a sanitizer, so that neither the inputs nor the properties rot.
struct CorpusTests {
    @Test(arguments: FuzzTarget.allCases)
    func `every input of the corpus keeps the properties`(target: FuzzTarget) throws {
        let inputs = try Self.inputs(of: target)
        #expect(inputs.count >= 10, "the corpus of \(target) is gone")
        for (name, bytes) in inputs {
            #expect(throws: Never.self, "\(target)/\(name)") { try target.check(bytes) }
        }
    }

    @Test func `the corpus stays small`() throws {
        let bytes = try FuzzTarget.allCases.flatMap(Self.inputs).reduce(0) { $0 + $1.bytes.count }
        #expect(bytes < 200_000)
    }

    private static func inputs(of target: FuzzTarget) throws -> [(name: String, bytes: [UInt8])] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Fuzzing/Corpus/\(target.rawValue)").standardizedFileURL
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
            .map { ($0.lastPathComponent, Array(try Data(contentsOf: $0))) }
    }
}
