internal import Foundation

/// A comma-separated file with a header, without quoted fields: NAB has none.
struct CSVTable {
    let file: String
    private let header: [String]
    /// With the line that each stands in; empty lines are left out.
    private let rows: [(line: Int, fields: [Substring])]

    init(file: String) throws(CorpusError) {
        self.file = file
        let text = String(decoding: try Data(readingFile: file), as: UTF8.self)
        // Some files of NAB end their lines with CR LF, which is one Character and a newline.
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        header = (lines.first ?? "").split(separator: ",").map(String.init)
        rows = lines.enumerated().dropFirst().filter { !$0.element.isEmpty }.map { index, line in
            (index + 1, line.split(separator: ",", omittingEmptySubsequences: false))
        }
    }

    /// The fields below that header, in file order.
    ///
    /// - Throws: ``CorpusError/missingColumn(_:file:columns:)``, ``CorpusError/shortRow(line:file:)``.
    func column(_ name: String) throws(CorpusError) -> [(line: Int, text: Substring)] {
        guard let place = header.firstIndex(of: name) else {
            throw .missingColumn(name, file: file, columns: header)
        }
        var column: [(line: Int, text: Substring)] = []
        column.reserveCapacity(rows.count)
        for row in rows {
            guard place < row.fields.count else { throw .shortRow(line: row.line, file: file) }
            column.append((row.line, row.fields[place]))
        }
        return column
    }

    /// As ``column(_:)``, read as numbers.
    ///
    /// - Throws: ``CorpusError/badNumber(_:line:file:)`` too.
    func numbers(_ name: String) throws(CorpusError) -> [Double] {
        var numbers: [Double] = []
        for (line, text) in try column(name) {
            guard let number = Double(text), number.isFinite else {
                throw .badNumber(String(text), line: line, file: file)
            }
            numbers.append(number)
        }
        return numbers
    }
}

extension Data {
    /// - Throws: ``CorpusError/missingFile(_:)``, ``CorpusError/cannotRead(_:reason:)``.
    init(readingFile file: String) throws(CorpusError) {
        guard FileManager.default.fileExists(atPath: file) else { throw .missingFile(file) }
        do {
            self = try Data(contentsOf: URL(filePath: file))
        } catch {
            throw .cannotRead(file, reason: error.localizedDescription)
        }
    }
}
