import Ledger
import Testing

struct LedgerBalanceTests {
    private func spool(enteredBefore: Int, damaged: Int = 0, through: UInt64 = 10) -> SpoolTotals {
        SpoolTotals(
            producer: "p", spool: "p.sqlite", entered: enteredBefore + 7, waiting: 7, through: through,
            enteredBefore: enteredBefore, damagedBefore: damaged)
    }

    private func stored(readings: Int, lowWater: UInt64 = 10) -> DeliveryTotals {
        DeliveryTotals(
            producer: "p", lowWater: lowWater, readings: readings, deadLetters: 3, presence: 2, replayedBefore: 1)
    }

    @Test func `equal sums balance, whatever they consist of`() {
        let balance = LedgerBalance(spool(enteredBefore: 106), of: "i", stored: stored(readings: 100), canAsk: true)
        #expect(balance?.state == .balanced)
        #expect(balance?.difference == 0)
    }

    @Test(arguments: [99, 101])
    func `one too few or too many is a difference`(readings: Int) {
        let balance = LedgerBalance(
            spool(enteredBefore: 106), of: "i", stored: stored(readings: readings), canAsk: true)
        #expect(balance?.state == .unbalanced)
        #expect(balance?.difference == 100 - readings)
    }

    @Test func `what is set aside as damaged is not expected`() {
        let totals = spool(enteredBefore: 110, damaged: 4)
        #expect(LedgerBalance(totals, of: "i", stored: stored(readings: 100), canAsk: true)?.state == .balanced)
    }

    @Test(arguments: [(103, 1), (104, 0), (107, -3), (108, 0), (109, -5)])
    func `what was stored before the spool found it damaged is no difference`(readings: Int, difference: Int) {
        let totals = spool(enteredBefore: 114, damaged: 4)
        let balance = LedgerBalance(totals, of: "i", stored: stored(readings: readings), canAsk: true)
        #expect(balance?.difference == difference)
    }

    @Test func `a producer that PostgreSQL has never heard of has nothing there`() {
        #expect(LedgerBalance(spool(enteredBefore: 0), of: "i", stored: nil, canAsk: true)?.state == .balanced)
        #expect(LedgerBalance(spool(enteredBefore: 5), of: "i", stored: nil, canAsk: true)?.difference == 5)
    }

    @Test func `without an answer nothing is claimed`() {
        #expect(LedgerBalance(spool(enteredBefore: 5), of: "i", stored: nil, canAsk: false)?.state == .unknown)
    }

    @Test func `a database that is ahead of the question is not compared`() {
        let ahead = stored(readings: 100, lowWater: 11)
        #expect(LedgerBalance(spool(enteredBefore: 106), of: "i", stored: ahead, canAsk: true) == nil)
    }

    @Test func `the worst producer decides`() throws {
        let good = try #require(
            LedgerBalance(spool(enteredBefore: 106), of: "i", stored: stored(readings: 100), canAsk: true))
        let bad = try #require(
            LedgerBalance(spool(enteredBefore: 107), of: "i", stored: stored(readings: 100), canAsk: true))
        let mute = try #require(LedgerBalance(spool(enteredBefore: 1), of: "i", stored: nil, canAsk: false))
        #expect(state(of: [good]) == .balanced)
        #expect(state(of: [good, mute]) == .unknown)
        #expect(state(of: [good, mute, bad]) == .unbalanced)
    }

    @Test func `an account that is missing is not balanced`() throws {
        let good = try #require(
            LedgerBalance(spool(enteredBefore: 106), of: "i", stored: stored(readings: 100), canAsk: true))
        let bad = try #require(
            LedgerBalance(spool(enteredBefore: 107), of: "i", stored: stored(readings: 100), canAsk: true))
        #expect(state(of: []) == .unknown)
        #expect(state(of: [good], silentSpools: 1) == .unknown)
        #expect(state(of: [good, bad], silentSpools: 1) == .unbalanced)
    }

    private func state(of producers: [LedgerBalance], silentSpools: Int = 0) -> LedgerBalance.State {
        LedgerReport(time: "", producers: producers, stages: [], silent: [], silentSpools: silentSpools).state
    }

    @Test func `a question survives its text`() throws {
        let text = try LedgerQuestion(text: "a-b:7,c:18446744073709551615").text
        #expect(text == "a-b:7,c:18446744073709551615")
        #expect(throws: LedgerQuestion.Malformed.self) { try LedgerQuestion(text: "a:b") }
        #expect(try LedgerQuestion(text: "").marks.isEmpty)
    }
}
