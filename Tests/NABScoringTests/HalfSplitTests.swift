import Model
import NABScoring
import Testing

struct HalfSplitTests {
    private let paths =
        ["a", "b", "c"].flatMap { category in (0..<7).map { "\(category)/\($0).csv" } }
        + (0..<4).map { "even/\($0).csv" } + ["single/0.csv"]

    @Test func `each series is in one half`() {
        for split in HalfSplit.repeated(20, paths, seed: 3) {
            #expect(split.first.isDisjoint(with: split.second))
            #expect(split.first.union(split.second) == Set(paths))
        }
    }

    @Test func `the same seed splits alike, whatever the order of the paths`() {
        #expect(HalfSplit.repeated(5, paths, seed: 7) == HalfSplit.repeated(5, paths.shuffled(), seed: 7))
    }

    @Test func `another seed and the next split are others`() {
        let splits = HalfSplit.repeated(5, paths, seed: 7)
        #expect(Set(splits).count == 5)
        #expect(splits != HalfSplit.repeated(5, paths, seed: 8))
    }

    @Test func `each category is halved, and so is the whole`() {
        for split in HalfSplit.repeated(20, paths, seed: 1) {
            for category in ["a", "b", "c", "even", "single"] {
                let counts = [split.first, split.second].map { half in
                    half.count { $0.hasPrefix("\(category)/") }
                }
                #expect(abs(counts[0] - counts[1]) <= 1, "\(category): \(counts)")
            }
            #expect(abs(split.first.count - split.second.count) <= 1)
        }
    }

    @Test func `the other way round the halves change places`() throws {
        let split = try #require(HalfSplit.repeated(1, paths, seed: 1).first)
        #expect(split.swapped.first == split.second)
        #expect(split.swapped.second == split.first)
    }
}
