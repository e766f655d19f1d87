extension Duration {
    /// Toward zero.
    var microseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1_000_000 + attoseconds / 1_000_000_000_000
    }

    /// For sentences that people read: the two largest units, such as "2 h 5 min" and "1.5 s".
    var words: String {
        let total = Double(microseconds) / 1_000_000
        guard total >= 60 else { return "\(total.shortened) s" }
        let units: [(size: Int64, name: String)] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")]
        var rest = components.seconds
        var words: [String] = []
        for unit in units where words.count < 2 {
            if rest >= unit.size { words.append("\(rest / unit.size) \(unit.name)") }
            rest %= unit.size
        }
        return words.joined(separator: " ")
    }
}
