/// What is wrong with bytes that came from another process.
///
/// Reads aloud: "cannot read the batch: column value has 99 entries, timestamp has 100 (inconsistent)".
public struct WireError: Error, Hashable, CustomStringConvertible, Sendable {
    public enum Code: String, Hashable, Sendable {
        /// The bytes are no Protobuf message of the expected kind.
        case malformed
        /// Another major version of the format.
        case unsupportedVersion
        /// Protobuf, but its parts contradict each other.
        case inconsistent
        /// More than this process is willing to hold.
        case tooLarge
    }

    public var code: Code
    /// What was read or written: `batch`, `frame`.
    public var subject: String
    /// What was found, and what was expected.
    public var message: String

    public init(_ code: Code, _ subject: String, _ message: String) {
        self.code = code
        self.subject = subject
        self.message = message
    }

    public var description: String { "cannot read the \(subject): \(message) (\(code.rawValue))" }

    /// Never: the same bytes stay wrong. What can help is an update of one of the two sides.
    public var isRetriable: Bool { false }
}
