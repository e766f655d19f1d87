import Filters
import Testing

struct ButterworthTests {
    @Test func `every order and cutoff has the coefficients that SciPy finds`() throws {
        let fixture = try FilterFixture("butterworth")
        #expect(fixture.rows.count == 40)
        for row in fixture.rows {
            let filter = TransferFunction.butterworthLowPass(
                order: try #require(Int(row[0])), cutoff: try #require(Double(row[1])))
            #expect(isRelativelyClose(filter.numerator, row[2].numbers), "order \(row[0]), cutoff \(row[1])")
            #expect(isClose(filter.denominator, row[3].numbers), "order \(row[0]), cutoff \(row[1])")
        }
    }

    @Test(arguments: 1...6) func `a constant passes unchanged from the first value on`(order: Int) {
        let filter = TransferFunction.butterworthLowPass(order: order, cutoff: 0.2)
        #expect(isClose(filter.gainAtZero, 1))
        var state = filter.steadyState.map { $0 * 7.5 }
        for _ in 0..<200 { #expect(isClose(filter.step(7.5, &state), 7.5)) }
    }

    /// Those of b are as small as 10⁻¹⁰.
    private func isRelativelyClose(_ left: [Double], _ right: [Double]) -> Bool {
        left.count == right.count && zip(left, right).allSatisfy { abs($0 - $1) <= 1e-9 * abs($1) }
    }
}
