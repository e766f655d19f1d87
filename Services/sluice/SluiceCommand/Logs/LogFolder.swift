import FoundationEssentials
import Glibc
import Platform

/// The logs of a data directory.
struct LogFolder: Sendable {
    let path: String

    /// Whose logs there are.
    var names: [String] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return files.filter { $0.hasSuffix(".log") }.map { String($0.dropLast(4)) }.sorted()
    }

    func file(of name: String) -> String { "\(path)/\(name).log" }

    /// The instances of services, or those that are named: by their name, or by that of their service. Servers only when named.
    func selection(_ wanted: [String]) -> [String] {
        names.filter { name in
            let kind = ServiceKind.all.first { name.hasPrefix("\($0.name)-") }
            return wanted.isEmpty ? kind != nil : wanted.contains(name) || kind.map { wanted.contains($0.name) } == true
        }
    }

    /// What of `wanted` there is no log of.
    func unknown(_ wanted: [String]) -> [String] {
        wanted.filter { selection([$0]).isEmpty }
    }

    /// What is there now: what was moved aside comes first.
    func read(_ name: String) -> LogContents {
        let aside = LogContents(FileManager.default.contents(atPath: "\(file(of: name)).1") ?? Data())
        var contents = LogContents(FileManager.default.contents(atPath: file(of: name)) ?? Data())
        contents.lines = aside.lines + contents.lines
        return contents
    }
}

/// Whole lines of a log, and where the next one begins.
struct LogContents: Sendable {
    var lines: [String]
    /// Bytes, in the file that is written to.
    var end: UInt64

    init(_ bytes: Data) {
        var splitter = LineSplitter()
        lines = splitter.take(Array(bytes)).filter { !$0.isEmpty }
        end = UInt64(bytes.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0)
    }
}

/// Reads on in a file that grows, is moved aside, and begins anew.
struct LogTail {
    /// A log that is written faster than this is read on in the next turn.
    private static let pieceBytes = 1 << 20

    let path: String
    private var file: OpenFile?
    private var identity: UInt64?
    private var offset: UInt64 = 0
    private var splitter = LineSplitter()

    /// - Parameter offset: where reading begins in the file that is there now.
    init(path: String, from offset: UInt64 = 0) {
        self.path = path
        self.offset = offset
        open()
    }

    /// Lines that are whole and new.
    mutating func next() -> [String] {
        var lines: [String] = []
        let isMovedAside = Self.identity(of: path) != identity
        while readOn(&lines), isMovedAside {}
        guard isMovedAside else { return lines }
        // What was written to it until then has been read.
        (file, identity, offset) = (nil, nil, 0)
        open()
        _ = readOn(&lines)
        return lines
    }

    private mutating func open() {
        guard let file = try? OpenFile(path) else { return }
        self.file = file
        identity = Self.identity(of: path)
    }

    /// Whether there was something to read.
    private mutating func readOn(_ lines: inout [String]) -> Bool {
        guard let file else { return false }
        let end = (try? file.seekToEnd()) ?? offset
        // Emptied in place.
        if end < offset { offset = 0 }
        try? file.seek(to: offset)
        guard let bytes = try? file.read(upTo: Self.pieceBytes), !bytes.isEmpty else { return false }
        offset += UInt64(bytes.count)
        lines += splitter.take(bytes).filter { !$0.isEmpty }
        return true
    }

    private static func identity(of path: String) -> UInt64? {
        var status = stat()
        return stat(path, &status) == 0 ? UInt64(status.st_ino) : nil
    }
}
