internal import Model

/// The header `Retry-After`: seconds, or a date (RFC 9110, sections 10.2.3 and 5.6.7).
enum RetryAfter {
    /// Nil for what is neither. A date that is over means no wait.
    static func parse(_ text: String, now: Timestamp) -> Duration? {
        let text = text.trimmedOfBlanks
        if !text.isEmpty, text.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains) {
            // More digits than a number has is a long time all the same.
            return .seconds(min(Int64(text) ?? .max, longest))
        }
        return date(text).map { max($0.since(now), .zero) }
    }

    /// Ten years.
    private static let longest: Int64 = 315_360_000
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that servers may still write.
    private static func date(_ text: Substring) -> Timestamp? {
        let words = text.split(separator: " ")
        guard words.count == 6, words[0].hasSuffix(","), words[5] == "GMT",
            let day = number(words[1], 1...31), let month = months.firstIndex(of: String(words[2])),
            let year = number(words[3], 1970...9999), let seconds = timeOfDay(words[4])
        else { return nil }
        let days = CivilDate(year: year, month: month + 1, day: day).daysSinceEpoch
        return Timestamp(seconds: days * 86_400 + Int64(seconds))
    }

    private static func timeOfDay(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let hour = number(parts[0], 0...23), let minute = number(parts[1], 0...59),
            // 60 is a leap second.
            let second = number(parts[2], 0...60)
        else { return nil }
        return hour * 3_600 + minute * 60 + second
    }

    private static func number(_ text: Substring, _ range: ClosedRange<Int>) -> Int? {
        guard text.first?.isNumber == true, let number = Int(text), range.contains(number) else { return nil }
        return number
    }
}

extension String {
    fileprivate var trimmedOfBlanks: Substring {
        var text = self[...]
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
