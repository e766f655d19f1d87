internal import Model

/// ISO 8601 as devices write it: `2026-11-22`, `2026-11-22T20:00`, `2026-11-22 20:00:49.123456789+05:30`.
///
/// Without a zone it is UTC, without a time midnight. The fraction may have any number of digits; what is finer than a
/// microsecond is cut off. A leap second `:60` is the second after it. A text of nine digits or more, with or without a fraction,
/// is a Unix time.
struct TimestampText {
    private var rest: UnsafeRawBufferPointer.SubSequence

    /// µs since 1970, nil when the text is no time.
    static func microseconds(_ text: UnsafeRawBufferPointer) -> Int64? {
        var reader = TimestampText(rest: text[...])
        return reader.read() ?? unixTime(text)
    }

    private mutating func read() -> Int64? {
        guard let year = number(4), skip("-"), let month = number(2), skip("-"), let day = number(2),
            1...12 ~= month, 1...daysIn(month: month, year: year) ~= day
        else { return nil }
        let midnight = CivilDate(year: year, month: month, day: day).daysSinceEpoch * 86_400_000_000
        if rest.isEmpty { return midnight }
        guard skip("T") || skip("t") || skip(" "), let time = readTime(), let offset = readZone(), rest.isEmpty else {
            return nil
        }
        return midnight + time - offset
    }

    private mutating func readTime() -> Int64? {
        guard let hour = number(2), hour < 24, skip(":"), let minute = number(2), minute < 60 else { return nil }
        var time = Int64(hour * 60 + minute) * 60_000_000
        guard skip(":") else { return time }
        guard let second = number(2), second <= 60 else { return nil }
        time += Int64(second) * 1_000_000
        guard skip(".") || skip(",") else { return time }
        guard let fraction = readFraction() else { return nil }
        return time + fraction
    }

    private mutating func readFraction() -> Int64? {
        var fraction: Int64 = 0
        var scale: Int64 = 100_000
        let start = rest.startIndex
        while let digit = rest.first.flatMap(Self.digit) {
            fraction += Int64(digit) * scale
            scale /= 10
            rest.removeFirst()
        }
        return rest.startIndex > start ? fraction : nil
    }

    /// The zone's offset from UTC in µs; UTC when there is none.
    private mutating func readZone() -> Int64? {
        if rest.isEmpty || skip("Z") || skip("z") { return 0 }
        let sign: Int64 = skip("+") ? 1 : skip("-") ? -1 : 0
        guard sign != 0, let hours = number(2), hours < 24 else { return nil }
        var minutes = 0
        if !rest.isEmpty {
            _ = skip(":")
            guard let number = number(2), number < 60 else { return nil }
            minutes = number
        }
        return sign * Int64(hours * 60 + minutes) * 60_000_000
    }

    private mutating func number(_ width: Int) -> Int? {
        guard rest.count >= width else { return nil }
        var number = 0
        for byte in rest.prefix(width) {
            guard let digit = Self.digit(byte) else { return nil }
            number = number * 10 + digit
        }
        rest = rest.dropFirst(width)
        return number
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    private static func digit(_ byte: UInt8) -> Int? {
        byte &- UInt8(ascii: "0") < 10 ? Int(byte &- UInt8(ascii: "0")) : nil
    }

    private func daysIn(month: Int, year: Int) -> Int {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func unixTime(_ text: UnsafeRawBufferPointer) -> Int64? {
        let whole = text.prefix { digit($0) != nil }.count
        guard whole >= 9, text.count <= 40 else { return nil }
        let characters = String(decoding: text, as: UTF8.self)
        if whole == text.count { return Int64(characters).map(UnixTime.microseconds) ?? .max }
        guard text[whole] == UInt8(ascii: "."), text[(whole + 1)...].allSatisfy({ digit($0) != nil }) else {
            return nil
        }
        return Double(characters).map(UnixTime.microseconds)
    }
}
