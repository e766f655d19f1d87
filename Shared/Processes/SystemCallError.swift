public import Glibc

/// A refused system call, with what it was about.
///
/// Reads like "cannot chown .sluice/postgres: operation not permitted (errno 1)".
public struct SystemCallError: Error, Sendable, CustomStringConvertible {
    public let call: String
    public let subject: String
    public let code: Int32

    public init(call: String, subject: String, code: Int32 = errno) {
        self.call = call
        self.subject = subject
        self.code = code
    }

    public var isRetriable: Bool { code == EAGAIN || code == EINTR || code == EADDRINUSE }

    public var description: String {
        "cannot \(call) \(subject): \(String(cString: strerror(code)).lowercased()) (errno \(code))"
    }

    /// Runs a call that answers a negative number when it fails, and returns its answer.
    @discardableResult
    public static func check(_ call: String, _ subject: String, _ body: () -> Int32) throws -> Int32 {
        let answer = body()
        guard answer >= 0 else { throw SystemCallError(call: call, subject: subject) }
        return answer
    }
}
