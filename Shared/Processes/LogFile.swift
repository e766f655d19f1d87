import FoundationEssentials
import Glibc
import Platform

/// A file that a child writes its output to.
public struct LogFile: Sendable {
    public let path: String

    /// Past this size a start moves the old log aside, to `<path>.1`.
    public static let rotationSize = 8 * 1024 * 1024

    public init(path: String) {
        self.path = path
    }

    /// To be called when nobody writes: a rename under a writer would carry the writer along.
    public func rotateIfLarge() {
        var information = stat()
        guard stat(path, &information) == 0, information.st_size > Self.rotationSize else { return }
        rename(path, path + ".1")
    }

    /// The last lines, oldest first; empty when there is no file.
    public func lastLines(_ count: Int) -> [Substring] {
        guard let file = try? OpenFile(path) else { return [] }
        let end = (try? file.seekToEnd()) ?? 0
        try? file.seek(to: end > 32768 ? end - 32768 : 0)
        let bytes = (try? file.read(upTo: 32768)) ?? []
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        return Array(lines.suffix(count)).map { Substring(String($0)) }
    }
}
