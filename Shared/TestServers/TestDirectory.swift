import Foundation
import Glibc
import Processes

/// Folders of this test process, removed when it exits.
public enum TestDirectory {
    private static let prefix = "sluice-tests-"

    /// The pid in the name tells the next run whether the folder was left behind.
    static let root: String = {
        let path = "\(parent)/\(prefix)\(getpid())"
        removeAbandoned()
        mkdir(path, 0o755)
        ExitCleanup.install()
        return path
    }()

    private static var parent: String {
        let temporary = NSTemporaryDirectory()
        return temporary.hasSuffix("/") ? String(temporary.dropLast()) : temporary
    }

    /// A new empty folder, readable for the account that PostgreSQL runs as.
    ///
    /// - Throws: the error of the file system.
    public static func make() throws -> String {
        let path = "\(root)/\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    private static func removeAbandoned() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        for name in names where name.hasPrefix(prefix) {
            guard let pid = Int32(name.dropFirst(prefix.count)), ProcessIdentity(of: pid) == nil else { continue }
            // Another run may be removing it as well.
            try? FileManager.default.removeItem(atPath: "\(parent)/\(name)")
        }
    }
}
