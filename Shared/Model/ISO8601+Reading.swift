extension Timestamp {
    /// Reads back what ``iso8601`` prints, `YYYY-MM-DDTHH:MM:SS.ffffffZ`, also with fewer digits of the second's fraction, or without
    /// one; anything else is `nil`. What devices write is the payload decoder's business and far more varied.
    public init?(iso8601 text: String) {
        let bytes = Array(text.utf8)
        guard (20...27).contains(bytes.count), bytes.last == UInt8(ascii: "Z"),
            Timestamp.separators.allSatisfy({ bytes[$0.place] == $0.byte }),
            let year = bytes.decimal(0..<4), let month = bytes.decimal(5..<7), let day = bytes.decimal(8..<10),
            let hour = bytes.decimal(11..<13), let minute = bytes.decimal(14..<16), let second = bytes.decimal(17..<19),
            let fraction = bytes.microseconds(19..<bytes.count - 1)
        else { return nil }
        let date = CivilDate(year: year, month: month, day: day)
        guard CivilDate(daysSinceEpoch: date.daysSinceEpoch) == date, hour < 24, minute < 60, second < 60 else {
            return nil
        }
        let seconds = date.daysSinceEpoch * 86_400 + Int64(hour * 3_600 + minute * 60 + second)
        self.init(microseconds: seconds * 1_000_000 + Int64(fraction))
    }

    private static let separators: [(place: Int, byte: UInt8)] = [
        (4, UInt8(ascii: "-")), (7, UInt8(ascii: "-")), (10, UInt8(ascii: "T")), (13, UInt8(ascii: ":")),
        (16, UInt8(ascii: ":")),
    ]
}

extension [UInt8] {
    /// Of a fraction of up to six digits behind its point; none is zero.
    fileprivate func microseconds(_ range: Range<Int>) -> Int? {
        if range.isEmpty { return 0 }
        guard self[range.lowerBound] == UInt8(ascii: "."), range.count > 1 else { return nil }
        return decimal(range.dropFirst()).map { digits in
            (range.count..<7).reduce(digits) { number, _ in number * 10 }
        }
    }

    fileprivate func decimal(_ range: Range<Int>) -> Int? {
        var number = 0
        for byte in self[range] {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
        }
        return number
    }
}
