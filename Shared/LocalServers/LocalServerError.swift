/// A server that did not come up, with the last lines that it wrote.
public struct LocalServerError: Error, Sendable, CustomStringConvertible {
    public enum Reason: Sendable, Equatable {
        /// The program is not installed; the name of the Debian package that has it.
        case missingProgram(package: String)
        case failed(String)
        case noAnswer(after: Duration)
    }

    public let server: String
    public let reason: Reason
    public let lastLines: [Substring]

    public init(server: String, reason: Reason, lastLines: [Substring] = []) {
        self.server = server
        self.reason = reason
        self.lastLines = lastLines
    }

    /// A slow machine may do better next time; a missing program or a refused configuration will not.
    public var isRetriable: Bool {
        if case .noAnswer = reason { true } else { false }
    }

    public var description: String {
        let output = lastLines.map { "\n    \($0)" }.joined()
        return switch reason {
        case .missingProgram(let package):
            "cannot find \(server): install it with: apt-get install \(package)"
        case .failed(let detail): "cannot start \(server): \(detail)\(output)"
        case .noAnswer(let limit): "cannot start \(server): no answer within \(limit)\(output)"
        }
    }
}
