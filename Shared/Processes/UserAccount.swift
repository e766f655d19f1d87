public import Glibc

/// An account of this machine.
public struct UserAccount: Sendable, Hashable {
    public let name: String
    public let userID: uid_t
    public let groupID: gid_t

    /// Looks the account up; `nil` when there is none of that name.
    public init?(named name: String) {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        let status = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
            getpwnam_r(name, &entry, buffer.baseAddress!, buffer.count, &found)
        }
        guard status == 0, found != nil else { return nil }
        self.name = name
        userID = entry.pw_uid
        groupID = entry.pw_gid
    }

    public static var isSuperuser: Bool { geteuid() == 0 }

    /// Gives a file or folder to this account.
    ///
    /// - Throws: ``SystemCallError``.
    public func own(_ path: String) throws {
        try SystemCallError.check("chown", path) { chown(path, userID, groupID) }
    }
}
