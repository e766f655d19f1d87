import Detectors
import Foundation
import Model
import Plugins
import Testing

struct ForestFileTests {
    /// A split at 0.5 with a leaf to each side.
    private static let small = """
        {"version":1,"feature_names":["value"],"max_samples":4,"offset":-0.5,"trees":[{"feature":[0,-1,-1],\
        "threshold":[0.5,0,0],"left":[1,-1,-1],"right":[2,-1,-1],"samples":[4,3,1]}]}
        """

    struct Damage: CustomTestStringConvertible, Sendable {
        var find: String
        var replace: String
        var complaint: String
        var testDescription: String { complaint }

        init(_ find: String, _ replace: String, _ complaint: String) {
            (self.find, self.replace, self.complaint) = (find, replace, complaint)
        }
    }

    @Test(arguments: [
        Damage("\"version\":1", "\"version\":2", "is of version 2, not 1"),
        Damage("\"version\":1,", "", "has no version"),
        Damage("[\"value\"]", "[]", "has 0 feature_names, not 1 to 256"),
        Damage("\"max_samples\":4", "\"max_samples\":0", "max_samples is 0"),
        Damage("\"offset\":-0.5", "\"offset\":0.5", "offset is 0.5, not -1 to 0"),
        Damage("[0.5,0,0]", "[0.5,0]", "trees[0] has columns of different lengths"),
        Damage("\"left\":[1,", "\"left\":[3,", "trees[0] node 0: the child to the left is 3, not after it and below 3"),
        Damage("\"left\":[1,", "\"left\":[0,", "trees[0] node 0: the child to the left is 0, not after it and below 3"),
        Damage(
            "\"left\":[1,", "\"left\":[-1,", "trees[0] node 0: the child to the left is -1, not after it and below 3"),
        Damage("\"left\":[1,", "\"left\":[2,", "trees[0] node 2: two splits lead to it"),
        Damage("],\"samples\":[4,", "],\"samples\":[4,9,", "trees[0] has columns of different lengths"),
        Damage("\"feature\":[0,", "\"feature\":[1,", "trees[0] node 0: feature is 1, not 0 to 0"),
        Damage("\"samples\":[4,3,1]", "\"samples\":[4,3,0]", "trees[0] node 2 is a leaf of 0 samples"),
    ])
    func `a damaged model is refused with a sentence`(damage: Damage) throws {
        let damaged = Self.small.replacing(damage.find, with: damage.replace)
        try #require(damaged != Self.small)
        let error = #expect(throws: PluginError.self) {
            try IsolationForest(model: Array(damaged.utf8), file: "m.json")
        }
        #expect(error?.description == "plugin isolation-forest: model file m.json: \(damage.complaint)")
    }

    @Test(arguments: [
        ("[0.5,0,0]", "[1e999,0,0]"), ("[0.5,0,0]", "[NaN,0,0]"), ("[0.5,0,0]", "[\"a\",0,0]"),
        ("\"left\":[1,", "\"left\":[1e300,"), ("\"left\":[1,", "\"left\":[1.5,"), ("\"trees\":[", "\"trees\":[null,"),
        ("}]}", "}]"), ("\"offset\":-0.5", "\"offset\":null"),
    ])
    func `what is not a number is refused, too`(find: String, replace: String) throws {
        let damaged = Self.small.replacing(find, with: replace)
        try #require(damaged != Self.small)
        let error = #expect(throws: PluginError.self) {
            try IsolationForest(model: Array(damaged.utf8), file: "m.json")
        }
        #expect(error?.what.hasPrefix("model file m.json: ") == true)
    }

    @Test func `a node that two splits lead to is refused, however many ways that makes`() throws {
        // Each of 60 splits leads to the next one on both sides: 2^60 ways.
        let next = Array(1...60).map(String.init).joined(separator: ",") + ",-1"
        let zeros = Array(repeating: "0", count: 61).joined(separator: ",")
        let file = """
            {"version":1,"feature_names":["value"],"max_samples":4,"offset":-0.5,"trees":[{"feature":[\(zeros)],\
            "threshold":[\(zeros)],"left":[\(next)],"right":[\(next)],"samples":[\(zeros.replacing("0", with: "1"))]}]}
            """
        let error = #expect(throws: PluginError.self) { try IsolationForest(model: Array(file.utf8), file: "m.json") }
        #expect(error?.what == "model file m.json: trees[0] node 60: two splits lead to it")
    }

    @Test func `a model that is deeper than any of scikit-learn's is refused`() throws {
        // A spine of 200 splits, each with a leaf to the left.
        var columns = (left: [String](), right: [String]())
        for split in 0..<200 {
            columns.left += ["\(2 * split + 1)", "-1"]
            columns.right += ["\(2 * split + 2)", "-1"]
        }
        let ones = Array(repeating: "1", count: 401).joined(separator: ",")
        let file = """
            {"version":1,"feature_names":["a","b"],"max_samples":4,"offset":-0.5,"trees":[{"feature":[\(ones)],\
            "threshold":[\(ones)],"left":[\(columns.left.joined(separator: ",")),-1],\
            "right":[\(columns.right.joined(separator: ",")),-1],"samples":[\(ones)]}]}
            """
        let error = #expect(throws: PluginError.self) { try IsolationForest(model: Array(file.utf8), file: "m.json") }
        #expect(error?.what == "model file m.json: trees[0] is deeper than 64 splits")
    }

    @Test func `a file that is not there is named`() {
        let error = #expect(throws: PluginError.self) { try IsolationForest(modelFile: "/no/such/model.json") }
        #expect(error?.what == "model file /no/such/model.json: there is no such file")
    }

    @Test func `bytes that are flipped, cut or doubled never trap`() throws {
        let bytes = try ForestFixture.bytes("subset.json")
        var random = SplitMix64(seed: 2)
        var accepted = 0
        for _ in 0..<300 {
            let damaged = random.damaged(bytes)
            do {
                let forest = try IsolationForest(model: damaged, file: "m.json")
                let score = forest.score(forest.featureNames.map { _ in random.noise() })
                #expect((-1)...0 ~= score)
                accepted += 1
            } catch {
                #expect(error.what.hasPrefix("model file m.json: "))
            }
        }
        #expect(accepted > 0 && accepted < 300)
    }
}

extension SplitMix64 {
    /// Some bytes changed, or the end left out, or a part doubled.
    mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &self) {
            let place = Int.random(in: 0..<bytes.count, using: &self)
            switch Int.random(in: 0..<10, using: &self) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &self)
            case 1..<7: bytes[place] = "0123456789-.,"[Int.random(in: 0..<13, using: &self)]
            case 7: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &self)
            case 8: bytes.insert(contentsOf: bytes[place..<min(place + 40, bytes.count)], at: place)
            default: bytes.removeLast(min(bytes.count - 1, Int.random(in: 0..<20, using: &self)))
            }
        }
        return bytes
    }
}

extension String {
    fileprivate subscript(place: Int) -> UInt8 { utf8[utf8.index(utf8.startIndex, offsetBy: place)] }
}
