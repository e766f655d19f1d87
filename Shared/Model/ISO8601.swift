/// ISO 8601 in UTC with six decimals and a constant width, so that text order is time order:
/// `2026-11-22T20:00:49.123456Z`.
///
/// Source of the calendar arithmetic: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
extension Timestamp: CustomStringConvertible {
    public var description: String { iso8601 }

    public var iso8601: String {
        let days = microseconds.flooredQuotient(86_400_000_000)
        // The first day's start may lie before the earliest time there is; what is left of it does not.
        var rest = microseconds &- days &* 86_400_000_000
        let date = CivilDate(daysSinceEpoch: days)
        var text: [UInt8] = []
        text.reserveCapacity(27)
        text.append(paddedDecimal: Int64(date.year), width: 4)
        text.append(UInt8(ascii: "-"))
        text.append(paddedDecimal: Int64(date.month), width: 2)
        text.append(UInt8(ascii: "-"))
        text.append(paddedDecimal: Int64(date.day), width: 2)
        text.append(UInt8(ascii: "T"))
        text.append(paddedDecimal: rest / 3_600_000_000, width: 2)
        rest %= 3_600_000_000
        text.append(UInt8(ascii: ":"))
        text.append(paddedDecimal: rest / 60_000_000, width: 2)
        rest %= 60_000_000
        text.append(UInt8(ascii: ":"))
        text.append(paddedDecimal: rest / 1_000_000, width: 2)
        text.append(UInt8(ascii: "."))
        text.append(paddedDecimal: rest % 1_000_000, width: 6)
        text.append(UInt8(ascii: "Z"))
        return String(decoding: text, as: UTF8.self)
    }
}

/// A date of the proleptic Gregorian calendar.
public struct CivilDate: Hashable, Sendable {
    public var year: Int
    public var month: Int
    public var day: Int

    public init(year: Int, month: Int, day: Int) {
        self.year = year
        self.month = month
        self.day = day
    }

    public init(daysSinceEpoch days: Int64) {
        let shifted = days + 719_468
        let era = shifted.flooredQuotient(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
        month = Int(monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9)
        year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
    }

    /// Days since 1970-01-01; the inverse of ``init(daysSinceEpoch:)``.
    public var daysSinceEpoch: Int64 {
        let shiftedYear = Int64(month <= 2 ? year - 1 : year)
        let era = shiftedYear.flooredQuotient(400)
        let yearOfEra = shiftedYear - era * 400
        let monthFromMarch = Int64(month > 2 ? month - 3 : month + 9)
        let dayOfYear = (153 * monthFromMarch + 2) / 5 + Int64(day) - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

extension [UInt8] {
    fileprivate mutating func append(paddedDecimal number: Int64, width: Int) {
        let start = count
        append(contentsOf: repeatElement(UInt8(ascii: "0"), count: width))
        var rest = number
        var index = start + width - 1
        while index >= start, rest > 0 {
            self[index] = UInt8(ascii: "0") + UInt8(rest % 10)
            rest /= 10
            index -= 1
        }
    }
}
