import Model
import Testing

struct QuantityTests {
    @Test(arguments: [(7, 3, 2, 1), (-7, 3, -3, 2), (-6, 3, -2, 0), (0, 3, 0, 0)] as [(Int64, Int64, Int64, Int64)])
    func `division rounds down`(number: Int64, divisor: Int64, quotient: Int64, remainder: Int64) {
        #expect(number.flooredQuotient(divisor) == quotient)
        #expect(number.flooredRemainder(divisor) == remainder)
    }

    @Test func `durations are whole microseconds as far as there are any`() {
        #expect(Duration.milliseconds(-1_500).wholeMicroseconds == -1_500_000)
        #expect(Duration.seconds(Int64.max).wholeMicroseconds == .max)
        #expect(Duration.seconds(Int64.min).wholeMicroseconds == .min)
        #expect(Duration.milliseconds(1_250).inSeconds == 1.25)
    }

    @Test func `numbers for people have four digits`() {
        #expect(
            [0, 12.34567, -0.00123456, 98_765, .infinity].map(\.shortened) == [
                "0", "12.35", "-0.001235", "98770", "inf",
            ])
    }
}
