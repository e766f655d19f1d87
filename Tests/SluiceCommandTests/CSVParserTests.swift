import Testing

@testable import SluiceCommand

struct CSVParserTests {
    @Test(arguments: [
        ("a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
        ("a,b\r\n1,2\r\n", [["a", "b"], ["1", "2"]]),
        ("a,b\n1,2", [["a", "b"], ["1", "2"]]),
        ("a,\n,b\n", [["a", ""], ["", "b"]]),
        ("\"a,b\",\"c\"\"d\"\n", [["a,b", "c\"d"]]),
        ("\"two\nlines\",x\n", [["two\nlines", "x"]]),
        ("\"\",x\r\n\r\ny\n", [["", "x"], ["y"]]),
        ("äß,😀\n", [["äß", "😀"]]),
        ("", []),
    ])
    func `fields come out as RFC 4180 means them`(_ text: String, _ expected: [[String]]) {
        let records = parse(text)
        #expect(records.map(\.fields) == expected)
        #expect(records.allSatisfy { $0.problem == nil })
    }

    @Test func `lines are counted through quoted line ends`() {
        let records = parse("h\n\"a\n\nb\"\nc\n\nd\n")
        #expect(records.map(\.line) == [1, 2, 5, 7])
    }

    @Test func `a quote that never closes is a problem of its line`() {
        let records = parse("h\nx,\"open\nrest")
        #expect(records.last?.line == 2)
        #expect(records.last?.problem == "a quoted field is not closed")
    }

    @Test func `text after a closing quote is a problem`() {
        #expect(parse("\"a\"b,c\n").first?.problem == "text follows a closing quote")
        #expect(parse("\"a\"b,c\nd\n").last?.problem == nil)
    }

    @Test func `bytes that are not UTF-8 are a problem`() {
        var parser = CSVParser()
        let records = ([0xFF, 0x2C, 0x61, 0x0A] as [UInt8]).compactMap { parser.consume($0) }
        #expect(records.first?.problem == "a field is not UTF-8")
        #expect(records.first?.fields == ["", "a"])
    }

    private func parse(_ text: String) -> [CSVRecord] {
        var parser = CSVParser()
        var records = text.utf8.compactMap { parser.consume($0) }
        if let last = parser.finish() { records.append(last) }
        return records
    }
}
