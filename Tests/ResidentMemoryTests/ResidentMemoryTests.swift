import Foundation
import ResidentMemory
import Testing

@Suite(.serialized)
struct ResidentMemoryTests {
    private func kernelsFigure(_ name: String) throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix(name + ":") })
        return try #require(line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }) * 1_024
    }

    @Test func `it is what the kernel says`() throws {
        let memory = try #require(ResidentMemory.now())
        #expect(abs(memory.total - (try kernelsFigure("VmRSS"))) < 8 << 20)
        #expect(abs(memory.files - (try kernelsFigure("RssFile") + kernelsFigure("RssShmem"))) < 8 << 20)
        #expect(memory.files < memory.total)
    }

    @Test func `what is given back leaves the process, and the process goes on`() throws {
        let own = (1...10_000).map { "\($0)" }
        let before = try #require(ResidentMemory.now())
        #expect(ResidentMemory.giveBackProgramPages())
        let after = try #require(ResidentMemory.now())
        #expect(after.files < before.files / 2, "\(before) became \(after)")
        // Heap, relocated tables and code are as they were: casts and formats look them up.
        #expect(own.map { Int($0) ?? 0 }.reduce(0, +) == 50_005_000)
        #expect((own as Any) as? [String] == own)
        #expect(String(format: "%.3f", 1.5) == "1.500")
        #expect(try JSONDecoder().decode([Int].self, from: Data("[1,2]".utf8)) == [1, 2])
    }

    /// Threads that run the code while it is taken away find it again.
    @Test func `any thread may be anywhere meanwhile`() async {
        let sums = await withTaskGroup(of: Int.self) { group in
            for seed in 1...8 {
                group.addTask { (1...20_000).reduce(0) { $0 &+ "\($1 &* seed)".hashValue & 0 &+ $1 } }
            }
            for _ in 1...50 {
                ResidentMemory.giveBackProgramPages()
                await Task.yield()
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(sums == Array(repeating: 200_010_000, count: 8))
    }
}
