import Glibc

/// The system refused something that was to be done with a file.
public struct FileError: Error, Sendable, CustomStringConvertible {
    /// What was to be done, such as "read".
    public let action: String
    public let path: String
    public let code: Int32

    init(_ action: String, _ path: String, code: Int32 = errno) {
        self.action = action
        self.path = path
        self.code = code
    }

    /// Room can be made on a full disk; the rest stays as it is until somebody does something.
    public var isRetriable: Bool { code == EINTR || code == EAGAIN || code == ENOSPC || code == EDQUOT }

    public var description: String {
        "cannot \(action) \(path): \(String(cString: strerror(code)).lowercased()) (errno \(code))"
    }
}
