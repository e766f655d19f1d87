import NABScoring
import Testing

/// Agreement with an implementation of the same rule by somebody else.
struct ReferenceScorerTests {
    private let tolerance = 1e-9
    private let expected: Expected
    private let corpus: Corpus

    init() throws {
        expected = try Fixture.expected()
        corpus = try Fixture.corpus()
    }

    @Test func `every detector of the fixture is tested`() {
        #expect(expected.detectors.keys.sorted() == Fixture.detectors.sorted())
    }

    @Test(arguments: Fixture.detectors)
    func `the best score of each profile is the reference scorer's`(detector: String) throws {
        let wanted = try #require(expected.detectors[detector])
        let scored = try scored(detector)
        for profile in Profile.all { try expectEqual(scored.best(profile), wanted.best) }
    }

    @Test(arguments: Fixture.detectors)
    func `the score at a given threshold is the reference scorer's`(detector: String) throws {
        let wanted = try #require(expected.detectors[detector])
        let scored = try scored(detector)
        for profile in Profile.all {
            try expectEqual(scored.score(profile, threshold: expected.fixedThreshold), wanted.fixed)
        }
    }

    @Test(arguments: Fixture.detectors)
    func `windows found and false alarms are the reference scorer's`(detector: String) throws {
        let wanted = try #require(expected.detectors[detector])
        let scored = try scored(detector)
        expectEqual(scored.counts(threshold: scored.best(.standard).threshold), wanted.counts)
    }

    @Test(arguments: Fixture.detectors)
    func `each series alone is scored as the reference scorer does`(detector: String) throws {
        let wanted = try #require(expected.detectors[detector])
        let threshold = try scored(detector).best(.standard).threshold
        let scores = try Fixture.results(detector).read(corpus)
        #expect(wanted.series.count == corpus.series.count)
        for (path, series) in wanted.series {
            let scored = try ScoredCorpus(corpus.selecting([path]), scores: scores)
            #expect(abs(scored.score(.standard, threshold: threshold).raw - series.raw) < tolerance, "\(path)")
            expectEqual(scored.counts(threshold: threshold), series.counts)
        }
    }

    private func scored(_ detector: String) throws -> ScoredCorpus {
        try ScoredCorpus(corpus, scores: Fixture.results(detector).read(corpus))
    }

    private func expectEqual(_ score: ProfileScore, _ wanted: [String: Expected.Score]) throws {
        let wanted = try #require(wanted[score.profile.name])
        #expect(abs(score.score - wanted.score) < tolerance, "\(score.profile.name)")
        #expect(abs(score.raw - wanted.raw) < tolerance, "\(score.profile.name)")
        #expect(score.threshold == wanted.threshold, "\(score.profile.name)")
        #expect(score.windows == wanted.windows, "\(score.profile.name)")
    }

    private func expectEqual(_ counts: AlertCounts, _ wanted: Expected.Counts) {
        #expect(counts.windowsFound == wanted.found)
        #expect(counts.falseAlarms == wanted.falseAlarms)
    }
}
