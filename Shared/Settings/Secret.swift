/// A password or token: it cannot reach a log or a page by accident.
public struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let text: String

    public init(_ text: String) {
        self.text = text
    }

    /// The plain text, for the one call that needs it.
    public func reveal() -> String { text }

    /// Takes as long wherever the two differ, so that nobody finds a secret letter by letter.
    public func isEqual(to candidate: some StringProtocol) -> Bool {
        let own = Array(text.utf8)
        var difference = own.isEmpty || own.count != candidate.utf8.count ? UInt8(1) : 0
        for (index, byte) in candidate.utf8.enumerated() where !own.isEmpty {
            difference |= byte ^ own[index % own.count]
        }
        return difference == 0
    }

    public var description: String { Redaction.mark }
    public var debugDescription: String { Redaction.mark }
    /// Without this, `dump` and string interpolation of an enclosing struct would show the stored property.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
