internal import FoundationEssentials
internal import Platform

/// A JSON object that somebody sent. All methods throw ``MalformedQuestion``.
public struct JSONBody {
    /// Of a person, in Unicode scalars.
    public static let longestName = 200
    /// JavaScript, and so many a client, counts exactly up to here.
    private static let greatestID: Int64 = 9_007_199_254_740_991

    private let bytes: [UInt8]
    private let object: [String: JSONValue]

    /// - Parameter keys: all that there may be: a misspelt one would be without effect, silently.
    public init(_ bytes: [UInt8], keys: [String]) throws(MalformedQuestion) {
        guard let object = try? JSONDecoder().decode([String: JSONValue].self, from: Data(bytes)) else {
            throw MalformedQuestion("the body is no JSON object")
        }
        if let other = object.keys.sorted().first(where: { !keys.contains($0) }) {
            throw MalformedQuestion("unknown key '\(other)': there are \(keys.joined(separator: ", "))")
        }
        self.bytes = bytes
        self.object = object
    }

    public func optionalText(_ key: String) throws(MalformedQuestion) -> String? {
        switch object[key] {
        case nil, .null: return nil
        case .text(let text): return text
        default: throw MalformedQuestion("'\(key)' is no text")
        }
    }

    /// One that says something.
    ///
    /// - Parameter limit: in Unicode scalars.
    public func text(_ key: String, upTo limit: Int = .max) throws(MalformedQuestion) -> String {
        guard let text = try optionalText(key), !text.allSatisfy(\.isWhitespace) else {
            throw MalformedQuestion("'\(key)' is missing")
        }
        let length = text.unicodeScalars.count
        guard length <= limit else {
            throw MalformedQuestion("'\(key)' has \(length) characters: it takes \(limit)")
        }
        return text
    }

    public func texts(_ key: String) throws(MalformedQuestion) -> [String] {
        guard let value = object[key] else { throw MalformedQuestion("'\(key)' is missing") }
        guard case .list(let items) = value else { throw MalformedQuestion("'\(key)' is no list of texts") }
        let texts = items.compactMap { item in if case .text(let text) = item { text } else { nil } }
        guard texts.count == items.count else { throw MalformedQuestion("'\(key)' is no list of texts") }
        return texts
    }

    /// `{"ids":[1,2]}`: some, each once, in order, at most `limit`.
    public func ids(limit: Int) throws(MalformedQuestion) -> [Int64] {
        struct Body: Decodable { var ids: [Int64] }
        // The decoder takes neither true nor 1.5 for a number of this kind.
        guard let ids = try? JSONDecoder().decode(Body.self, from: Data(bytes)).ids else {
            throw MalformedQuestion("'ids' is no list of whole numbers")
        }
        guard (1...limit).contains(ids.count) else {
            throw MalformedQuestion("'ids' has \(ids.count) numbers: it takes 1 to \(limit)")
        }
        if let other = ids.first(where: { !(1...Self.greatestID).contains($0) }) {
            throw MalformedQuestion("\(other) is no number of anything: they go from 1 to \(Self.greatestID)")
        }
        return Set(ids).sorted()
    }
}
