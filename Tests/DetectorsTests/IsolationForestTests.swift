import Detectors
import Model
import Testing

struct IsolationForestTests {
    @Test(arguments: [("model", "points.csv"), ("subset", "subset.csv")])
    func `it scores points as scikit-learn does`(model: String, file: String) throws {
        let forest = try ForestFixture.forest(model)
        let rows = try ForestFixture.rows(file)
        #expect(rows.count >= 50)
        for (row, numbers) in rows.enumerated() {
            let score = forest.score(Array(numbers.dropLast(2)))
            #expect(abs(score - numbers[numbers.count - 2]) <= 1e-9, "row \(row)")
            #expect(abs(score - forest.offset - numbers[numbers.count - 1]) <= 1e-9, "row \(row)")
        }
    }

    @Test func `the same seed and points grow the same forest, another seed another`() {
        let points = clusters()
        var growth = IsolationForest.Growth()
        let forest = IsolationForest(points: points, featureNames: ["x", "y"], growth)
        #expect(IsolationForest(points: points, featureNames: ["x", "y"], growth) == forest)
        growth.seed = 43
        #expect(IsolationForest(points: points, featureNames: ["x", "y"], growth) != forest)
        #expect(forest.treeCount == 100)
        #expect(forest.samplesPerTree == 256)
    }

    @Test func `what lies apart scores lower than what lies together`() {
        let points = clusters()
        let forest = IsolationForest(points: points, featureNames: ["x", "y"])
        let inside = [[0.0, 0], [0.5, -0.5], [10, 10]].map(forest.score)
        let outside = [[5.0, 5], [0, 10], [-20, 0], [1e30, -1e30]].map(forest.score)
        for score in outside { #expect(score < (inside.min() ?? 0) - 0.1) }
        #expect((inside + outside).allSatisfy { (-1)...0 ~= $0 })
    }

    @Test(arguments: [0, 0.01, 0.1, 0.5])
    func `contamination is the part of the points below the offset`(share: Double) {
        let points = clusters()
        let forest = IsolationForest(points: points, featureNames: ["x", "y"], contamination: .share(share))
        let below = stride(from: 0, to: points.count, by: 2).filter {
            forest.score([Double(points[$0]), Double(points[$0 + 1])]) < forest.offset
        }
        #expect(abs(Double(below.count) / 600 - share) < 0.005)
    }

    @Test func `points that cannot be told apart all score one half`() {
        for count in [1, 2, 300] {
            let points = [Float](repeating: 7, count: count)
            let forest = IsolationForest(points: points, featureNames: ["x"], contamination: .share(0.01))
            #expect(abs(forest.score([7]) + 0.5) < 1e-12)
            #expect(forest.score([1e9]) == forest.score([7]))
            #expect(forest.offset == forest.score([7]))
        }
    }

    @Test func `columns that are left out do not matter`() {
        let forest = IsolationForest(points: clusters(), featureNames: ["x", "y"], columns: [0])
        #expect(forest.score([3, 0]) == forest.score([3, 1e9]))
        #expect(forest.score([3, 0]) != forest.score([0, 0]))
    }

    @Test func `the largest numbers are split like all others`() {
        let huge = Float.greatestFiniteMagnitude
        let points: [Float] = (0..<100).flatMap { [$0 % 2 == 0 ? -huge : huge, Float($0)] }
        let forest = IsolationForest(points: points + [.infinity, 5], featureNames: ["x", "y"])
        #expect((-1)...0 ~= forest.score([0, 0]))
        #expect((-1)...0 ~= forest.score([.infinity, -.infinity]))
        #expect((-1)...0 ~= forest.score([.nan, .nan]))
    }

    /// Two clouds of 300 points, around (0, 0) and (10, 10).
    private func clusters() -> [Float] {
        var random = SplitMix64(seed: 1)
        return (0..<600).flatMap { index in
            let center = index % 2 == 0 ? 0.0 : 10
            return [Float(center + random.noise()), Float(center + random.noise())]
        }
    }
}
