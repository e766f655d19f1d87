/// Durations as `sluice.yaml` writes them: `5s`, `250ms`, `1h30m`, `7d`, `1.5s`.
public enum DurationText {
    /// Nanoseconds in each unit; longest suffix first where one ends in another.
    private static let units: [(suffix: String, nanoseconds: Int)] = [
        ("w", 604_800_000_000_000), ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000),
        ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("µs", 1_000), ("ns", 1),
    ]

    /// Nil when the text is no duration; a bare number is none, except `0`.
    public static func parse(_ text: String) -> Duration? {
        if text == "0" { return .zero }
        var total = 0
        var rest = Substring(text)
        repeat {
            let number = rest.prefix { $0.isNumber || $0 == "." || $0 == "_" }
            rest = rest.dropFirst(number.count)
            let suffix = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(suffix.count)
            guard let part = nanoseconds(number, suffix) else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(part)
            guard !overflow else { return nil }
            total = sum
        } while !rest.isEmpty
        return .nanoseconds(total)
    }

    private static func nanoseconds(_ number: Substring, _ suffix: Substring) -> Int? {
        guard let unit = units.first(where: { $0.suffix == suffix }) else { return nil }
        return DecimalNumber(number)?.scaled(by: unit.nanoseconds)
    }

    /// The shortest text that ``parse(_:)`` reads back: `1h30m`, `250ms`, `0s`.
    public static func format(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        var rest = Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000)
        var text = ""
        for unit in units.dropFirst() where rest >= unit.nanoseconds && unit.suffix != "us" {
            text += "\(rest / unit.nanoseconds)\(unit.suffix)"
            rest %= unit.nanoseconds
        }
        return text.isEmpty ? "0s" : text
    }
}
