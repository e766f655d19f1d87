import Testing

@testable import SluiceCommand

struct TextTableTests {
    @Test func `text stands left, numbers right, and nothing behind the last cell`() {
        let table = TextTable(
            ["NAME", .number("READINGS"), "WHY"],
            texts: [["pump", "7", "hot"], ["a longer one", "123456789", ""]])
        #expect(
            table.lines() == [
                "NAME           READINGS  WHY",
                "pump                  7  hot",
                "a longer one  123456789",
            ])
    }

    @Test func `columns are aligned by what a terminal shows, not by characters`() {
        let table = TextTable(
            ["DEVICE", .number("N")], texts: [["温度計", "1"], ["cafe\u{301}", "22"], ["pump", "3"]])
        #expect(
            table.lines() == ["DEVICE   N", "温度計   1", "cafe\u{301}    22", "pump     3"])
        #expect("温度計".displayWidth == 6 && "cafe\u{301}".displayWidth == 4)
    }

    @Test func `a name that holds an escape sequence does not reach the terminal as one`() {
        let table = TextTable(["DEVICE"], texts: [["\u{1B}[2Jgone\nnext"]])
        #expect(table.lines()[1] == "\u{FFFD}[2Jgone\u{FFFD}next")
    }

    @Test func `colours change nothing but the colour`() {
        let table = TextTable(["NAME", .number("DEAD")], [["pump", TextTable.Cell("7", .bad)]])
        let colored = table.lines(Palette(hasColors: true))
        #expect(colored == ["\u{1B}[1mNAME\u{1B}[0m  \u{1B}[1mDEAD\u{1B}[0m", "pump     \u{1B}[31m7\u{1B}[0m"])
        let plain = colored.map { $0.replacing(#/\u{1B}\[\d+m/#, with: "") }
        #expect(plain == table.lines())
    }

    @Test func `fields that are not there have no line`() {
        let fields = FieldList([("id", "17"), ("detail", nil), ("reason", "invalid_json")])
        #expect(fields.lines() == ["id      17", "reason  invalid_json"])
    }

    @Test func `what does not fit ends with an ellipsis`() {
        #expect("temperature".fitted(to: 5) == "temp…" && "温度計".fitted(to: 4) == "温…")
        #expect("pump".fitted(to: 4) == "pump")
    }

    @Test(arguments: [
        (ColorChoice.auto, [:], true, true), (.auto, [:], false, false), (.auto, ["NO_COLOR": "1"], true, false),
        (.auto, ["NO_COLOR": ""], true, true), (.auto, ["TERM": "dumb"], true, false),
        (.always, ["NO_COLOR": "1"], false, true), (.never, [:], true, false),
    ])
    func `colours are for terminals that want them`(
        _ choice: ColorChoice, _ environment: [String: String], _ isTerminal: Bool, _ expected: Bool
    ) {
        #expect(choice.palette(environment: environment, isTerminal: isTerminal).hasColors == expected)
    }
}
