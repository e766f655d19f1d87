import Model
import NABScoring
import Testing

struct CorpusTests {
    @Test func `series come in the order of their paths`() throws {
        let paths = try Fixture.corpus().series.map(\.path)
        #expect(paths == paths.sorted())
        #expect(paths.count == 9)
    }

    @Test func `times are taken for UTC and kept as written`() throws {
        let series = try CorpusFolder(data: "timestamp,value\n2026-03-01 10:00:00,1.5\n2026-03-01 10:00:00.25,-2e3\n")
            .corpus().series[0]
        #expect(series.timestamps.map(\.microseconds) == [1_772_359_200_000_000, 1_772_359_200_250_000])
        #expect(series.timestampTexts == ["2026-03-01 10:00:00", "2026-03-01 10:00:00.25"])
        #expect(series.values == [1.5, -2_000])
    }

    @Test func `columns are found by name, and lines may end with carriage returns`() throws {
        let series = try CorpusFolder(data: "value,timestamp\r\n4,2026-03-01 10:00:00\r\n").corpus().series[0]
        #expect(series.values == [4])
    }

    @Test func `a window includes the rows of both its edges`() throws {
        let edges = "[[\"\(CorpusFolder.time(row: 3)).000000\", \"\(CorpusFolder.time(row: 5)).000000\"]]"
        #expect(try CorpusFolder(readings: 9, windows: edges).corpus().series[0].windows == [3...5])
    }

    @Test func `a time that comes twice means its first row`() throws {
        let series = try #require(try Fixture.corpus().series.first { $0.path == "times/twice.csv" })
        #expect(series.timestamps[50] == series.timestamps[51])
        #expect(series.timestamps[70] == series.timestamps[71])
        #expect(series.windows == [50...70])
    }

    @Test(arguments: [(0, 0), (6, 0), (7, 1), (20, 3), (4_999, 749), (5_000, 750), (6_000, 750)])
    func `the probation is 15 % of the readings, but of 5,000 at most`(readings: Int, probation: Int) throws {
        #expect(try CorpusFolder(readings: readings).corpus().series[0].probation == probation)
    }

    @Test func `some series can be chosen`() throws {
        let corpus = try Fixture.corpus().selecting(["plain/no_window.csv", "edges/last_row.csv"])
        #expect(corpus.series.map(\.path) == ["edges/last_row.csv", "plain/no_window.csv"])
    }
}
