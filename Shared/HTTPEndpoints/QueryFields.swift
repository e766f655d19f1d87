public import Model
internal import Settings

/// What stands behind the `?` of a path. All methods throw ``MalformedQuestion``.
public struct QueryFields: Sendable {
    private let query: [String: String]

    /// - Parameter known: all that there may be: a misspelt one would be without effect, silently.
    public init(_ query: [String: String], known: [String]) throws(MalformedQuestion) {
        if let other = query.keys.sorted().first(where: { !known.contains($0) }) {
            throw MalformedQuestion("there is no '\(other)' to ask by: there are \(known.joined(separator: ", "))")
        }
        self.query = query
    }

    /// - Returns: nil when there is none, or an empty one.
    public func text(_ name: String) -> String? { query[name].flatMap { $0.isEmpty ? nil : $0 } }

    /// One of these words; nil when it is not asked by.
    public func word(_ name: String, of words: [String]) throws(MalformedQuestion) -> String? {
        guard let word = query[name] else { return nil }
        guard words.contains(word) else {
            throw MalformedQuestion("'\(word)' is no \(name) to ask by: there are \(words.joined(separator: ", "))")
        }
        return word
    }

    /// Several, with commas between; nil when it is not asked by.
    public func list(_ name: String) throws(MalformedQuestion) -> [String]? {
        guard let text = query[name] else { return nil }
        let names = text.split(separator: ",").map { String($0) }
        // Some services would take it for all, others for none.
        guard !names.isEmpty else { throw MalformedQuestion("'\(name)' is empty: name some, or leave it out") }
        return names
    }

    public func number(
        _ name: String, default standard: Int, in range: ClosedRange<Int>
    ) throws(MalformedQuestion) -> Int {
        guard let text = query[name] else { return standard }
        guard let number = Int(text), range.contains(number) else {
            let words = "it is a number from \(range.lowerBound) to \(range.upperBound)"
            throw MalformedQuestion("'\(text)' is no \(name): \(words)")
        }
        return number
    }

    /// ISO 8601, or a duration: so long ago.
    public func time(_ name: String, now: Timestamp = .now()) throws(MalformedQuestion) -> Timestamp? {
        guard let text = query[name] else { return nil }
        if let time = Timestamp(iso8601: text) { return time }
        if let ago = DurationText.parse(text) { return now.advanced(by: .zero - ago) }
        throw MalformedQuestion("'\(text)' is no time: write it as in 2026-11-01T06:00:00Z, or 1h for an hour ago")
    }
}
