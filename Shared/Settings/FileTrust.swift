import Glibc

/// Who else may write a file that is believed, or read one that is secret.
public enum FileTrust: Sendable {
    /// Settings, public keys, passwords. Passwords may be readable: so are the secrets that container engines hand in.
    case written
    /// Settings that nobody named: whoever can lay a file where a process happens to be started would decide on them.
    case found
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
        guard stat(path, &status) == 0 else { return nil }
        var system = statvfs()
        return breach(of: path, status, isReadOnly: statvfs(path, &system) == 0 && Self.isReadOnly(system))
    }

    /// What stands in a file, and what is wrong with its modes: of one and the same file, whatever is put in its place meanwhile.
    ///
    /// - Returns: nil when it cannot be read as text.
    public func read(_ path: String) -> (text: String, breach: Breach?)? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var status = stat()
        var system = statvfs()
        guard fstat(descriptor, &status) == 0, let bytes = Self.bytes(descriptor),
            let text = String(validating: bytes, as: UTF8.self)
        else { return nil }
        let isReadOnly = fstatvfs(descriptor, &system) == 0 && Self.isReadOnly(system)
        return (text, breach(of: path, status, isReadOnly: isReadOnly))
    }

    private func breach(of path: String, _ status: stat, isReadOnly: Bool) -> Breach? {
        guard [S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) else { return nil }
        let mode = "mode 0" + String(status.st_mode & 0o7777, radix: 8)
        if Self.othersMayWrite(status), !isReadOnly {
            return Breach(message: "others may write \(path) (\(mode))", remedy: "chmod go-w '\(path)'")
        }
        if case .found = self, ![0, geteuid()].contains(status.st_uid), !isReadOnly {
            return Breach(
                message: "\(path), which nobody named, belongs to user \(status.st_uid)",
                remedy: "name it by --config or SLUICE_CONFIG, or chown it")
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
    private static func isReadOnly(_ system: statvfs) -> Bool { system.f_flag & UInt(ST_RDONLY) != 0 }

    private static func bytes(_ descriptor: Int32) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
    }

    /// Inside a container there is nobody else, and the engine decides on the modes.
    private static func isHandedIn(_ path: String) -> Bool {
        path.hasPrefix("/run/secrets/") || path.hasPrefix("/var/run/secrets/")
    }
}
