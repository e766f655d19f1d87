import NABScoring
import Testing

struct ScoredCorpusTests {
    /// 100 readings of which 15 are probation, and a window of ten rows.
    private let corpus: Corpus
    private let window = 40...49

    init() throws {
        let edges = [window.lowerBound, window.upperBound].map { "\"\(CorpusFolder.time(row: $0))\"" }
        corpus = try CorpusFolder(readings: 100, windows: "[[\(edges.joined(separator: ", "))]]").corpus()
    }

    @Test func `a window found at its first row earns everything`() throws {
        let best = try scored(alerts: [40]).best(.standard)
        #expect(best.score == 100)
        #expect(best.threshold == 1)
    }

    @Test func `never to alert is worth nothing, and best when all alerts are false`() throws {
        for alerts in [[], [20]] {
            let best = try scored(alerts: alerts).best(.standard)
            #expect(best.score == 0)
            #expect(best.threshold > 1)
        }
    }

    @Test func `of thresholds that are equally good the highest is taken`() throws {
        var scores = [Double](repeating: 0, count: 100)
        scores[40] = 0.8
        // A later row of a window that was found already adds nothing.
        scores[41] = 0.5
        let scored = try ScoredCorpus(corpus, scores: [CorpusFolder.series: scores])
        #expect(scored.best(.standard).threshold == 0.8)
        #expect(scored.score(.standard, threshold: 0.5).score == 100)
    }

    @Test func `an alert in the probation neither earns nor costs`() throws {
        let scored = try scored(alerts: [14, 40])
        #expect(scored.best(.standard).score == 100)
        #expect(scored.counts(threshold: 1).falseAlarms == 0)
    }

    @Test func `a false alarm costs more under the profile that minds`() throws {
        let scored = try scored(alerts: [15, 40])
        #expect(abs(scored.best(.standard).raw - (1 - 0.11)) < 1e-12)
        #expect(abs(scored.best(.rewardLowFalsePositives).raw - (1 - 0.22)) < 1e-12)
    }

    @Test func `a threshold above every score is no alert`() throws {
        #expect(try scored(alerts: [20]).score(.standard, threshold: 1.5).score == 0)
    }

    @Test func `counts are of rows`() throws {
        let counts = try scored(alerts: [10, 20, 21, 41, 42]).counts(threshold: 1)
        #expect(counts.windowsFound == 1)
        #expect(counts.windows == 1)
        #expect(counts.falseAlarms == 2)
        #expect(counts.readings == 85)
        #expect(counts.falseAlarmsPerThousandReadings == 1_000 * 2 / 85.0)
    }

    @Test func `the clock alerts at even distances after the probation`() throws {
        let scores = try #require(ClockBaseline.scores(corpus, every: 30)[CorpusFolder.series])
        #expect(scores.indices.filter { scores[$0] == 1 } == [15, 45, 75])
        #expect(scores.count { $0 == 0 } == 97)
    }

    @Test func `scores are missing`() {
        expect("there are no scores for some/series.csv", scores: [:])
    }

    @Test func `a score is missing`() {
        expect(
            "some/series.csv has 100 readings but 99 scores",
            scores: [CorpusFolder.series: [Double](repeating: 0, count: 99)])
    }

    @Test(arguments: [-0.1, 1.1, .nan]) func `a score is out of range`(score: Double) {
        var scores = [Double](repeating: 0, count: 100)
        scores[7] = score
        expect(
            "row 7 of some/series.csv has the score \(score), which is not from 0 to 1",
            scores: [CorpusFolder.series: scores])
    }

    private func expect(_ sentence: String, scores: [String: [Double]]) {
        expectSentence(sentence) { () throws(CorpusError) in _ = try ScoredCorpus(corpus, scores: scores) }
    }

    private func scored(alerts: [Int]) throws -> ScoredCorpus {
        var scores = [Double](repeating: 0, count: 100)
        for row in alerts { scores[row] = 1 }
        return try ScoredCorpus(corpus, scores: [CorpusFolder.series: scores])
    }
}
