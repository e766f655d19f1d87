import NABScoring
import Testing

struct CorpusErrorTests {
    private let early = "2026-03-01 10:01:00.000000"
    private let late = "2026-03-01 10:05:00.000000"

    @Test func `a folder without labels is no corpus`() {
        expectSentence("there is no file /nowhere/labels/combined_windows.json") { () throws(CorpusError) in
            _ = try Corpus(folder: "/nowhere")
        }
    }

    @Test func `a labelled series must have its file`() throws {
        let folder = try CorpusFolder(readings: 9)
        try folder.write("labels/combined_windows.json", "{\"some/other.csv\": []}")
        expect("there is no file \(folder.path)/data/some/other.csv", folder)
    }

    @Test func `a folder is no data file`() throws {
        let folder = try CorpusFolder(readings: 9)
        try folder.write("labels/combined_windows.json", "{\"some\": []}")
        expect("cannot read \(folder.path)/data/some: ", folder)
    }

    @Test func `labels must be windows`() throws {
        let folder = try CorpusFolder(readings: 9, windows: "7")
        expect("\(folder.path)/labels/combined_windows.json is not a list of windows for each series: ", folder)
    }

    @Test func `a column is missing`() throws {
        let folder = try CorpusFolder(data: "time,value\n2026-03-01 10:00:00,1\n")
        expect("\(folder.path)/data/some/series.csv has no column timestamp; it has time, value", folder)
    }

    @Test func `an empty file has no columns`() throws {
        let folder = try CorpusFolder(data: "")
        expect("\(folder.path)/data/some/series.csv has no column timestamp; it has none", folder)
    }

    @Test func `a row is short`() throws {
        let folder = try CorpusFolder(data: "timestamp,value\n2026-03-01 10:00:00,1\n\n2026-03-01 10:01:00\n")
        expect("line 4 of \(folder.path)/data/some/series.csv has fewer fields than its header", folder)
    }

    @Test(arguments: ["", "x", "nan", "inf"]) func `a value is no number`(value: String) throws {
        let folder = try CorpusFolder(data: "timestamp,value\n2026-03-01 10:00:00,\(value)\n")
        expect("line 2 of \(folder.path)/data/some/series.csv: \"\(value)\" is not a finite number", folder)
    }

    @Test(arguments: ["yesterday", "2026-02-30 10:00:00", "2026-03-01 10:00:00.1234567"])
    func `a time is none`(time: String) throws {
        let folder = try CorpusFolder(data: "timestamp,value\n\(time),1\n")
        expect(
            "line 2 of \(folder.path)/data/some/series.csv: \"\(time)\" is not a time of the form 2015-09-08 11:39:00",
            folder)
    }

    @Test func `a window has an edge where there is no reading`() throws {
        let folder = try CorpusFolder(readings: 3, windows: "[[\"\(early)\", \"\(late)\"]]")
        expect("some/series.csv has a window edge at \(late) but no reading then", folder)
    }

    @Test(arguments: [
        "[[\"EARLY\"]]", "[[\"LATE\", \"EARLY\"]]", "[[\"EARLY\", \"LATE\"], [\"LATE\", \"LATE\"]]",
    ])
    func `windows are not one after another`(windows: String) throws {
        let edges = windows.replacing("EARLY", with: early).replacing("LATE", with: late)
        expect(
            "the windows of some/series.csv overlap or are not in order of time",
            try CorpusFolder(readings: 9, windows: edges))
    }

    @Test func `a series is chosen that the corpus does not have`() throws {
        let corpus = try CorpusFolder(readings: 9).corpus()
        expectSentence("the corpus has no series some/typo.csv") { () throws(CorpusError) in
            _ = try corpus.selecting(["some/typo.csv"])
        }
    }

    private func expect(_ sentence: String, _ folder: CorpusFolder) {
        expectSentence(sentence) { () throws(CorpusError) in _ = try folder.corpus() }
    }
}

/// The error's sentence, or the beginning of it when it ends with a colon and a space.
func expectSentence(_ sentence: String, thrownBy body: () throws(CorpusError) -> Void) {
    do {
        try body()
        Issue.record("nothing was thrown")
    } catch {
        let isBeginning = sentence.hasSuffix(": ")
        #expect(isBeginning ? error.description.hasPrefix(sentence) : error.description == sentence, "\(error)")
    }
}
