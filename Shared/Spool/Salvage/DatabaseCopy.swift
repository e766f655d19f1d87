internal import FoundationEssentials
internal import Platform
internal import SQLite

/// A database and its log as one file that SQLite reads row by row, whatever is wrong with single pages.
struct DatabaseCopy {
    private let path: String

    init(of path: String) {
        self.path = path
    }

    /// - Parameter template: where a new spool may be made, for its first page.
    func write(to copy: String, template: String) throws {
        try FileManager.default.copyItem(atPath: path, toPath: copy)
        let file = try OpenFile(copy, for: .update)
        try WriteAheadLog(of: path)?.replay(into: file)
        // Without a log of its own: SQLite's "legacy" format.
        try file.seek(to: 18)
        try file.write([1, 1])
        if !Self.isReadable(copy) { try replaceFirstPage(of: file, template: template) }
        try file.synchronize()
    }

    /// Whether the page is sound that says where the tables are. It is the same in all spools but for some numbers.
    private static func isReadable(_ copy: String) -> Bool {
        guard let database = try? Database(path: copy, access: .read) else { return false }
        let names = try? database.integer(
            "SELECT count(*) FROM sqlite_schema WHERE name IN ('spool', 'batches', 'damaged_batches', 'recent_packets')"
        )
        return names == 4 && (try? database.prepare("SELECT sequence, payload FROM batches")) != nil
    }

    private func replaceFirstPage(of file: OpenFile, template: String) throws {
        do {
            let spool = try Database(path: template)
            try SpoolSchema.prepare(spool) { "template" }
            try spool.execute("PRAGMA journal_mode = DELETE")
        }
        var page = try OpenFile(template).read(upTo: 4_096)
        guard page.count == 4_096 else { return }
        let pages = UInt32(clamping: try file.seekToEnd() / 4_096)
        // The size in pages; no page is free, as far as anybody needs to know.
        page.replaceSubrange(28..<32, with: Self.bytes(pages))
        page.replaceSubrange(32..<40, with: repeatElement(0, count: 8))
        page.replaceSubrange(92..<96, with: page[24..<28])
        try file.seek(to: 0)
        try file.write(page)
    }

    private static func bytes(_ number: UInt32) -> [UInt8] { withUnsafeBytes(of: number.bigEndian) { Array($0) } }
}
