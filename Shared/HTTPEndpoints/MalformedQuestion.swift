/// A question that cannot be meant.
public struct MalformedQuestion: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
    public var isRetriable: Bool { false }

    public init(_ description: String) {
        self.description = description
    }
}
