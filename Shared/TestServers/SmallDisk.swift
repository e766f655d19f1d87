import Foundation
public import Processes

/// A file system in memory, which can really be full.
public final class SmallDisk: Sendable {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    public let path: String

    /// - Parameter owner: of its root; this process by default.
    public init(at path: String, mebibytes: Int, owner: UserAccount? = nil) async throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let mount = Command("/usr/bin/mount", ["-t", "tmpfs", "-o", "size=\(mebibytes)m", "tmpfs", path])
        let (status, text) = try await mount.run()
        guard status.isSuccess else { throw Failure(description: "mount: \(text)") }
        try owner?.own(path)
    }

    public func remove() async {
        _ = try? await Command("/usr/bin/umount", ["--lazy", path]).run()
    }

    public var freeBytes: Int {
        get throws {
            try FileManager.default.attributesOfFileSystem(forPath: path)[.systemFreeSize] as? Int ?? 0
        }
    }

    /// To the last byte.
    public func fill() throws {
        _ = FileManager.default.createFile(atPath: other, contents: nil)
        let file = try FileHandle(forWritingTo: URL(filePath: other))
        let block = Data(repeating: 1, count: 4_096)
        while (try? file.write(contentsOf: block)) != nil {}
        try file.close()
        guard try freeBytes < 4_096 else { throw Failure(description: "\(path) did not become full") }
    }

    /// Takes away what ``fill()`` wrote.
    public func empty() throws {
        try FileManager.default.removeItem(atPath: other)
    }

    private var other: String { "\(path)/other" }

    public static var isPossible: Bool {
        get async {
            guard let path = try? TestDirectory.make(), let disk = try? await SmallDisk(at: path, mebibytes: 1) else {
                return false
            }
            await disk.remove()
            return true
        }
    }

    /// As root in CI the right to mount is part of the gate, and missing it fails the test.
    public static var isRequired: Bool {
        ProcessInfo.processInfo.environment["CI"] == "true" && UserAccount.isSuperuser
    }

    /// For `.enabled(…)`.
    public static var isExpected: Bool {
        get async {
            if isRequired { return true }
            return await isPossible
        }
    }
}
