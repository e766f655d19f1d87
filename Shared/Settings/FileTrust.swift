import Glibc

/// Who else may write a file that is believed, or read one that is secret.
public enum FileTrust: Sendable {
    /// Settings, public keys, passwords. Passwords may be readable: so are the secrets that container engines hand in.
    case written
    /// A private key, which nobody but its owner and group may read, unless a container engine handed it in.
    case privateKey

    /// Reads aloud: "others may write /etc/sluice.yaml (mode 0666): chmod go-w /etc/sluice.yaml".
    public struct Breach: Error, Hashable, CustomStringConvertible, Sendable {
        public let message: String
        /// A command.
        public let remedy: String
        public var description: String { "\(message): \(remedy)" }
        public var isRetriable: Bool { false }
    }

    /// Nil when all is well, or when there is no such file: who reads it says so.
    public func breach(of path: String) -> Breach? {
        var status = stat()
        guard stat(path, &status) == 0, [S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) else { return nil }
        let mode = "mode 0" + String(status.st_mode & 0o7777, radix: 8)
        if Self.othersMayWrite(status), !Self.isReadOnly(path) {
            return Breach(message: "others may write \(path) (\(mode))", remedy: "chmod go-w '\(path)'")
        }
        if case .privateKey = self, status.st_mode & S_IROTH != 0, !Self.isHandedIn(path) {
            return Breach(message: "others may read the private key \(path) (\(mode))", remedy: "chmod o-rwx '\(path)'")
        }
        return nil
    }

    /// A group of the same number as its owner is that of one user, as most distributions make it.
    private static func othersMayWrite(_ status: stat) -> Bool {
        if status.st_mode & S_IWOTH != 0 { return true }
        return status.st_mode & S_IWGRP != 0 && status.st_uid != status.st_gid
    }

    /// Kubernetes mounts what it hands in read-only, whatever the modes say.
    private static func isReadOnly(_ path: String) -> Bool {
        var system = statvfs()
        return statvfs(path, &system) == 0 && system.f_flag & UInt(ST_RDONLY) != 0
    }

    /// Inside a container there is nobody else, and the engine decides on the modes.
    private static func isHandedIn(_ path: String) -> Bool {
        path.hasPrefix("/run/secrets/") || path.hasPrefix("/var/run/secrets/")
    }
}
