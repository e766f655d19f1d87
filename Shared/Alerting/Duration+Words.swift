extension Duration {
    /// For sentences that people read: the two largest units, such as "2 h 5 min"; "0.5 s" below a second.
    var words: String {
        guard components.seconds > 0 else { return self > .zero ? "\(tenths) s" : "0 s" }
        let units: [(size: Int64, name: String)] = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")]
        var rest = components.seconds
        var words: [String] = []
        for unit in units where words.count < 2 {
            if rest >= unit.size { words.append("\(rest / unit.size) \(unit.name)") }
            rest %= unit.size
        }
        return words.joined(separator: " ")
    }

    private var tenths: Double {
        Double(components.attoseconds / 100_000_000_000_000_000) / 10
    }
}
