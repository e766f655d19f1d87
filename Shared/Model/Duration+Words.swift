extension Duration {
    /// For sentences that people read: the two largest units, such as "2 h 5 min", and below a minute "1.5 s". What is
    /// negative is "0 s".
    public var words: String {
        guard self >= .seconds(60) else { return "\(max(inSeconds, 0).shortened) s" }
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
