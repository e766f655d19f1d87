import FoundationEssentials
import Glibc
import Processes

/// `postmaster.pid`, where PostgreSQL writes who serves a data directory (line 1: pid, line 8: its state).
struct PostmasterFile {
    let directory: String

    private var path: String { "\(directory)/postmaster.pid" }

    private var lines: [Substring] {
        let bytes = FileManager.default.contents(atPath: path) ?? Data()
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// What `pg_ctl --wait` looks for.
    func saysReady(pid: Int32) -> Bool {
        let lines = lines
        guard lines.count >= 8, Int32(lines[0]) == pid else { return false }
        return lines[7].hasPrefix("ready")
    }

    /// Sees that nobody serves the directory: waits for a server that is still going down, and removes a file
    /// whose pid now belongs to something else, at which PostgreSQL would refuse to start.
    func settle() async {
        guard let pid = lines.first.flatMap({ Int32($0) }) else { return }
        if let server = ProcessIdentity(of: pid), serves(pid) {
            server.signal(SIGINT)
            if await !server.waitForEnd(within: .seconds(30)) {
                server.signal(SIGQUIT)
                _ = await server.waitForEnd(within: .seconds(10))
            }
        } else {
            unlink(path)
        }
    }

    private func serves(_ pid: Int32) -> Bool {
        let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
        return String(decoding: bytes, as: UTF8.self).split(separator: "\0").contains(Substring(directory))
    }
}
