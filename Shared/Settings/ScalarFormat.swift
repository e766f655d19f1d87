/// How one kind of value is written.
struct ScalarFormat<Value> {
    /// For "expected …".
    var expectation: String
    var parse: (String) -> Value?
    var text: (Value) -> String
    /// What the writer may have meant with a text that does not parse.
    var suggest: (String) -> String? = { _ in nil }
}

extension ScalarFormat where Value == String {
    static var text: Self { Self(expectation: "text", parse: { $0 }, text: { $0 }) }
}

extension ScalarFormat where Value == Int {
    static var integer: Self {
        Self(
            expectation: "a whole number", parse: { Int($0.filter { $0 != "_" }) }, text: { "\($0)" },
            suggest: { Double($0).flatMap { Int(exactly: $0.rounded()) }.map { "write \($0)" } })
    }
}

extension ScalarFormat where Value == Double {
    static var number: Self {
        Self(
            expectation: "a finite number",
            parse: { Double($0.filter { $0 != "_" }).flatMap { $0.isFinite ? $0 : nil } }, text: { "\($0)" })
    }
}

extension ScalarFormat where Value == Bool {
    static var truth: Self {
        let words = ["yes": true, "on": true, "y": true, "1": true, "no": false, "off": false, "n": false, "0": false]
        return Self(
            expectation: "true or false", parse: { Bool($0.lowercased()) }, text: { "\($0)" },
            suggest: { words[$0.lowercased()].map { "write \($0)" } })
    }
}

extension ScalarFormat where Value == Duration {
    static var duration: Self {
        Self(
            expectation: "a duration such as 5s, 250ms or 1h30m", parse: DurationText.parse, text: DurationText.format,
            suggest: { Double($0) == nil ? nil : "write a unit, as in '\($0)s' or '\($0)ms'" })
    }
}

extension ScalarFormat where Value == ByteCount {
    static var size: Self {
        Self(
            expectation: "a size such as 64MiB or 1MB", parse: { ByteCount($0) }, text: { $0.description },
            suggest: { text in
                let repaired = text.uppercased().replacing("IB", with: "iB")
                return ["", "B", "iB"].map { repaired + $0 }.first { ByteCount($0) != nil }.map { "write \($0)" }
            })
    }
}

extension ScalarFormat where Value: RawRepresentable<String> & CaseIterable {
    static var choice: Self {
        let words = Value.allCases.map(\.rawValue)
        return Self(
            expectation: "one of \(words.joined(separator: ", "))", parse: { Value(rawValue: $0) },
            text: { $0.rawValue }, suggest: { Spelling.question($0.lowercased(), among: words) })
    }
}
