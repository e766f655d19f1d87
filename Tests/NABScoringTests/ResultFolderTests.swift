import NABScoring
import Testing

struct ResultFolderTests {
    private let folder: CorpusFolder
    private let corpus: Corpus

    init() throws {
        let edges = "[[\"\(CorpusFolder.time(row: 1))\", \"\(CorpusFolder.time(row: 2))\"]]"
        folder = try CorpusFolder(readings: 4, windows: edges)
        corpus = try folder.corpus()
    }

    @Test func `a result has NAB's name, columns and labels`() throws {
        try folder.results.write([CorpusFolder.series: [0, 0.5, 1, 1e-9]], of: corpus, detector: "mine")
        #expect(
            try folder.read("results/some/mine_series.csv") == """
                timestamp,value,anomaly_score,label
                2026-03-01 10:00:00,0.0,0.0,0
                2026-03-01 10:01:00,1.0,0.5,1
                2026-03-01 10:02:00,2.0,1.0,1
                2026-03-01 10:03:00,3.0,1e-09,0

                """)
    }

    @Test func `what was written reads back the same`() throws {
        let corpus = try Fixture.corpus()
        var generator = SystemRandomNumberGenerator()
        let scores = Dictionary(
            uniqueKeysWithValues: corpus.series.map { series in
                (series.path, series.values.map { _ in Double.random(in: 0...1, using: &generator) })
            })
        try folder.results.write(scores, of: corpus, detector: "dice")
        #expect(try folder.results.read(corpus) == scores)
    }

    @Test func `a result may have the data file's own name`() throws {
        try folder.write("results/some/series.csv", "anomaly_score\n0\n0\n1\n0\n")
        #expect(try folder.results.read(corpus) == [CorpusFolder.series: [0, 0, 1, 0]])
    }

    @Test func `a result is missing`() {
        expect("there is no file \(folder.path)/results/some/series.csv")
    }

    @Test func `two results could be the same series'`() throws {
        for name in ["a", "b"] { try folder.write("results/some/\(name)_series.csv", "anomaly_score\n") }
        expect("the result of some/series.csv could be any of a_series.csv, b_series.csv; keep one")
    }

    @Test func `a result has no scores`() throws {
        try folder.write("results/some/series.csv", "timestamp,value\n")
        expect("\(folder.path)/results/some/series.csv has no column anomaly_score; it has timestamp, value")
    }

    @Test func `a result cannot be written where a file is in the way`() throws {
        try folder.write("results", "")
        expectSentence("cannot write \(folder.path)/results/some/mine_series.csv: ") { () throws(CorpusError) in
            try folder.results.write([CorpusFolder.series: [0, 0, 0, 0]], of: corpus, detector: "mine")
        }
    }

    private func expect(_ sentence: String) {
        expectSentence(sentence) { () throws(CorpusError) in _ = try folder.results.read(corpus) }
    }
}
