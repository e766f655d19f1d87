import FoundationEssentials
import Glibc
import Processes

/// Where a data directory for PostgreSQL can lie.
///
/// As root, PostgreSQL runs as another user, who cannot pass through folders such as /root. Then its data go to
/// /var/lib/sluice, and a link stands in their place.
public struct PostgreSQLLocation {
    let parent: String

    /// - Parameter parent: an existing folder, absolute.
    public init(parent: String) {
        self.parent = parent
    }

    /// The absolute folder to use for PostgreSQL's data.
    ///
    /// - Throws: ``LocalServerError`` when nobody is there to run PostgreSQL, or the error of the file system.
    public func directory() async throws -> String {
        let wanted = "\(parent)/postgres"
        guard let user = try PostgreSQLServer.unprivilegedUser(), try await !isReachable(for: user) else {
            return wanted
        }
        let root = "/var/lib/sluice/\(String(stableHash(parent), radix: 16))"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        unlink(wanted)
        try FileManager.default.createSymbolicLink(atPath: wanted, withDestinationPath: "\(root)/postgres")
        return "\(root)/postgres"
    }

    private func isReachable(for user: UserAccount) async throws -> Bool {
        try await Command("/usr/bin/test", ["-x", parent], directory: "/", user: user).run().status.isSuccess
    }

    /// FNV-1a, 64 bits: the same folder for the same parent, in every run.
    private func stableHash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
    }
}
