import Model
import Plugins
import Testing

@Suite struct VerdictsTests {
    @Test func `no verdicts change nothing`() {
        var batch = fullBatch(rows: 20)
        #expect(batch.apply(Verdicts(), stage: "preprocessor").isEmpty)
        #expect(batch == fullBatch(rows: 20))
    }

    @Test(arguments: 0..<64)
    func `any set of rows leaves every column, the others stay whole`(pattern: Int) {
        let original = fullBatch(rows: 6)
        var batch = original
        var verdicts = Verdicts()
        let gone = (0..<6).filter { pattern & (1 << $0) != 0 }
        for row in gone.reversed() { verdicts.drop(row: row, .filtered) }
        let counts = batch.apply(verdicts, stage: "preprocessor")
        #expect(counts.dropped[.filtered, default: 0] == gone.count)
        let whole = original.wholeRows
        #expect(batch.wholeRows == whole.indices.filter { !gone.contains($0) }.map { whole[$0] })
    }

    @Test func `columns that hold the default stay empty`() {
        var batch = fullBatch(rows: 6)
        batch.quality = []
        var verdicts = Verdicts()
        verdicts.drop(row: 2, .filtered)
        _ = batch.apply(verdicts, stage: "preprocessor")
        #expect(batch.quality.isEmpty)
        #expect(batch.anomalyScore.isEmpty)
        #expect(batch.count == 5)
    }

    @Test func `a dead row becomes a dead letter that republishes as the reading`() throws {
        var batch = fullBatch(rows: 6)
        batch.metadata.append(SparseText(row: 4, text: #"{"a":[1]}"#))
        batch.metadata.sort { $0.row < $1.row }
        batch.metadata.removeAll { $0.row == 4 && $0.text != #"{"a":[1]}"# }
        var verdicts = Verdicts()
        verdicts.dead(row: 4, .outOfRange, detail: "4.5 is above 4")
        let counts = batch.apply(verdicts, stage: "preprocessor")
        #expect(counts.dead == [.outOfRange: 1])
        let letter = try #require(batch.deadLetters.first)
        #expect(letter.topic == "sensors/device-1/temperature")
        #expect(letter.position == 8)
        #expect(letter.partition == Partition(device: "device-1", of: .standard))
        #expect(letter.detail == "4.5 is above 4")
        #expect(letter.stage == "preprocessor")
        #expect(letter.receivedAt == Timestamp(microseconds: 1_700_000_001_000_000))
        let expected =
            #"{"value":4.5,"unit":"C","timestamp":"2023-11-14T22:13:20.000004Z","#
            + #""location":{"x":4},"metadata":{"a":[1]}}"#
        #expect(String(decoding: letter.payload, as: UTF8.self) == expected)
    }

    @Test func `the first verdict on a row counts`() {
        var batch = fullBatch(rows: 3)
        var verdicts = Verdicts()
        verdicts.dead(row: 1, .outOfRange, detail: "first")
        verdicts.drop(row: 1, .filtered)
        let counts = batch.apply(verdicts, stage: "s")
        #expect(counts.dead == [.outOfRange: 1])
        #expect(counts.dropped.isEmpty)
        #expect(batch.count == 2)
    }

    @Test func `text in JSON is escaped and numbers keep every digit`() {
        var json = JSONText()
        json.beginObject()
        json.key("a\"b")
        json.string("\u{1}\n\\é")
        json.key("n")
        json.number(0.1 + 0.2)
        json.key("nan")
        json.number(Double.nan)
        json.endObject()
        #expect(json.text == #"{"a\"b":"\u0001\u000a\\é","n":0.30000000000000004,"nan":null}"#)
    }
}
