/// A password or token: it cannot reach a log or a page by accident.
public struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let text: String

    public init(_ text: String) {
        self.text = text
    }

    /// The plain text, for the one call that needs it.
    public func reveal() -> String { text }

    public var description: String { Redaction.mark }
    public var debugDescription: String { Redaction.mark }
    /// Without this, `dump` and string interpolation of an enclosing struct would show the stored property.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
