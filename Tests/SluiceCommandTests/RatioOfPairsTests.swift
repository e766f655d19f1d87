import Testing

@testable import SluiceCommand

/// Expected values: SciPy 1.10, `stats.t.interval(0.95, n - 1, mean, stats.sem(logarithms))`.
struct RatioOfPairsTests {
    private static let ratios = [0.97, 1.04, 0.99, 1.01, 0.95, 1.02, 1.0, 0.98, 1.03, 0.96, 1.01, 0.99]

    @Test func `the ratio of pairs is their geometric mean, with the interval of Student's t`() throws {
        let twelve = RatioOfPairs(Self.ratios)
        #expect(abs(twelve.ratio - 0.9954773356028958) < 1e-12)
        #expect(abs(try #require(twelve.margin) - 0.017756228452272295) < 1e-4)
        #expect(twelve.description == "0.995 ± 0.018")
    }

    @Test func `two pairs say how little they are worth`() throws {
        let two = RatioOfPairs(Array(Self.ratios.prefix(2)))
        #expect(abs(two.ratio - 1.0043903623591774) < 1e-12)
        #expect(abs(try #require(two.margin) - 0.4426836688133521) < 1e-4)
    }

    @Test func `of one pair nobody knows how far off it is`() {
        #expect(RatioOfPairs([1.5]).margin == nil)
        #expect(RatioOfPairs([1.5]).description == "1.500")
    }
}
