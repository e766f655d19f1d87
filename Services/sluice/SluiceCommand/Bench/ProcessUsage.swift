import FoundationEssentials
import Glibc

/// CPU time and memory of one process and all of its descendants, read from `/proc`.
struct ProcessUsage: Equatable {
    /// User and system time, seconds.
    var cpuSeconds: Double
    /// Bytes. Of a process without descendants the most that was ever resident. Of a family what it holds now, pages
    /// that several of them share counted once: PostgreSQL's backends all map the same buffers.
    var memoryBytes: Int

    /// - Returns: `nil` when there is no such process.
    static func read(_ root: Int32, in table: ProcFileSystem = ProcFileSystem()) -> ProcessUsage? {
        guard table.stat(root) != nil else { return nil }
        let members = table.descendants(of: root) + [root]
        let ticks = members.compactMap { table.stat($0)?.ticks }.reduce(0, +)
        let memory = members.count == 1 ? table.peakBytes(root) : table.sharedBytes(members)
        return ProcessUsage(cpuSeconds: Double(ticks) / ProcFileSystem.ticksPerSecond, memoryBytes: memory ?? 0)
    }
}

/// What `/proc` says; proc(5).
struct ProcFileSystem {
    static let ticksPerSecond = Double(sysconf(Int32(_SC_CLK_TCK)))

    struct Stat {
        var parent: Int32
        /// utime, stime and those of children that have been waited for.
        var ticks: Int
        /// utime and stime.
        var ownTicks: Int
    }

    func stat(_ pid: Int32) -> Stat? {
        // The command name may hold spaces and brackets: fields are counted from the last bracket.
        guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let bracket = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[text.index(after: bracket)...].split(separator: " ")
        guard fields.count > 14, let parent = Int32(fields[1]) else { return nil }
        let ticks = fields[11...14].compactMap { Int($0) }
        return Stat(parent: parent, ticks: ticks.reduce(0, +), ownTicks: ticks.prefix(2).reduce(0, +))
    }

    /// What is in memory now, in bytes.
    func residentBytes(_ pid: Int32) -> Int? { bytes("VmRSS:", in: "/proc/\(pid)/status") }

    func peakBytes(_ pid: Int32) -> Int? { bytes("VmHWM:", in: "/proc/\(pid)/status") }

    /// The sum of the proportional set sizes: each page counts as a share for each process that maps it.
    func sharedBytes(_ pids: [Int32]) -> Int {
        pids.compactMap { bytes("Pss:", in: "/proc/\($0)/smaps_rollup") }.reduce(0, +)
    }

    private func bytes(_ field: String, in file: String) -> Int? {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
        let line = text.split(separator: "\n").first { $0.hasPrefix(field) }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }.map { $0 * 1_024 }
    }

    func descendants(of root: Int32) -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        var children: [Int32: [Int32]] = [:]
        for pid in names.compactMap({ Int32($0) }) {
            if let parent = stat(pid)?.parent { children[parent, default: []].append(pid) }
        }
        var found: [Int32] = []
        var waiting = children[root] ?? []
        while let next = waiting.popLast() {
            found.append(next)
            waiting += children[next] ?? []
        }
        return found
    }
}
