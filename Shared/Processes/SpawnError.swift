import Glibc

/// A process that could not be started.
///
/// Reads like "cannot start /usr/sbin/mosquitto: no such file or directory (execve, errno 2)".
public struct SpawnError: Error, Sendable, CustomStringConvertible {
    public let executable: String
    public let call: String
    public let code: Int32

    /// Memory and process limits pass; a missing program does not.
    public var isRetriable: Bool { code == EAGAIN || code == ENOMEM }

    public var description: String {
        let reason = String(cString: strerror(code)).lowercased()
        return "cannot start \(executable): \(reason) (\(call), errno \(code))"
    }
}
