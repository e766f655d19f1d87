import NABScoring
import Testing

/// Parts of a corpus are scored as if they were the whole of it.
struct CorpusGainsTests {
    private let corpus: Corpus
    private let paths: [String]

    init() throws {
        corpus = try Fixture.corpus()
        paths = corpus.series.map(\.path)
    }

    @Test(arguments: Fixture.detectors) func `the whole corpus scores as it does in one piece`(detector: String) throws
    {
        let scored = try scored(detector)
        for profile in Profile.all {
            expectSame(CorpusGains(scored, profile).best(in: Set(paths)), scored.best(profile))
        }
    }

    @Test(arguments: Fixture.detectors) func `a part of it scores as a corpus of its own`(detector: String) throws {
        let gains = CorpusGains(try scored(detector), .standard)
        for split in HalfSplit.repeated(5, paths, seed: 1) {
            let alone = try scored(detector, in: corpus.selecting(split.first))
            expectSame(gains.best(in: split.first), alone.best(.standard))
            expectSame(gains.score(in: split.first, threshold: 0.4), alone.score(.standard, threshold: 0.4))
        }
    }

    private func expectSame(_ score: ProfileScore, _ other: ProfileScore) {
        #expect(abs(score.raw - other.raw) < 1e-9)
        #expect(abs(score.score - other.score) < 1e-7)
        #expect(score.windows == other.windows)
    }

    private func scored(_ detector: String, in part: Corpus? = nil) throws -> ScoredCorpus {
        let corpus = part ?? corpus
        return try ScoredCorpus(corpus, scores: Fixture.results(detector).read(corpus))
    }
}
