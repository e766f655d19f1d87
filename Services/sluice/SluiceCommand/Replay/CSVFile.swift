import FoundationEssentials
import Platform

/// Reads a CSV file with a header record by record, whatever its size.
final class CSVFile {
    let header: [String]
    let size: UInt64
    /// Bytes read so far.
    private(set) var position: UInt64 = 0
    private let handle: OpenFile
    private var parser: CSVParser
    private var chunk: ArraySlice<UInt8>
    private var isAtEnd = false

    private static let chunkSize = 1 << 18
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// - Parameter delimiter: told from the header when absent.
    /// - Throws: ``CSVFileError``.
    init(path: String, delimiter: Character? = nil) throws {
        guard let handle = try? OpenFile(path) else {
            throw CSVFileError(path: path, reason: "cannot be read")
        }
        self.handle = handle
        size = (try? handle.seekToEnd()) ?? 0
        try handle.seek(to: 0)
        chunk = try handle.read(upTo: Self.chunkSize)[...]
        position = UInt64(chunk.count)
        if chunk.starts(with: Self.byteOrderMark) { chunk = chunk.dropFirst(3) }
        parser = CSVParser(delimiter: delimiter?.asciiValue ?? Self.likelyDelimiter(chunk))
        // Replaced below: every stored property must be there before a method can be called.
        var first: CSVRecord?
        while first == nil, let byte = chunk.popFirst() { first = parser.consume(byte) }
        guard let first, first.problem == nil else { throw CSVFileError(path: path, reason: "has no header line") }
        header = first.fields.map { $0.trimmed }
    }

    /// The next record, or `nil` at the end.
    ///
    /// - Throws: the error of the file system.
    func next() throws -> CSVRecord? {
        while true {
            while let byte = chunk.popFirst() {
                if let record = parser.consume(byte) { return record }
            }
            guard !isAtEnd else { return nil }
            chunk = try handle.read(upTo: Self.chunkSize)[...]
            position += UInt64(chunk.count)
            if chunk.isEmpty {
                isAtEnd = true
                return parser.finish()
            }
        }
    }

    /// The place of a column.
    ///
    /// - Throws: ``CSVFileError`` naming the columns that there are.
    func column(_ name: String, path: String) throws -> Int {
        guard let index = header.firstIndex(of: name) else {
            throw CSVFileError(path: path, reason: "has no column \(name); it has \(header.joined(separator: ", "))")
        }
        return index
    }

    private static func likelyDelimiter(_ bytes: ArraySlice<UInt8>) -> UInt8 {
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
        let candidates = [",", ";", "\t", "|"].map { UInt8(ascii: $0) }
        func count(_ candidate: UInt8) -> Int { line.count { $0 == candidate } }
        return candidates.reduce(candidates[0]) { count($1) > count($0) ? $1 : $0 }
    }
}

struct CSVFileError: Error, CustomStringConvertible {
    let path: String
    let reason: String

    var description: String { "\(path) \(reason)" }
}
