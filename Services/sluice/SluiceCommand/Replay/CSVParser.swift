/// One record of a CSV file.
struct CSVRecord: Equatable, Sendable {
    /// Where it begins, counted from 1.
    var line: Int
    var fields: [String]
    /// Why it cannot be used; its fields are then as far as they could be read.
    var problem: String?
}

/// Takes the bytes of a CSV file one by one, as RFC 4180 writes them: quoted fields may hold delimiters, line ends and
/// doubled quotes. Lines end with LF or CR LF; empty lines are no records.
struct CSVParser {
    let delimiter: UInt8
    private var state = State.fieldStart
    private var field: [UInt8] = []
    private var record: CSVRecord
    private var line = 1

    private enum State {
        case fieldStart
        case plain
        case quoted
        /// Just after a quote within quotes: the end of the field, or half of a doubled quote.
        case quote
    }

    private static let quote = UInt8(ascii: "\"")
    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")

    init(delimiter: UInt8 = UInt8(ascii: ",")) {
        self.delimiter = delimiter
        record = CSVRecord(line: 1, fields: [])
    }

    /// - Returns: the record that this byte completes.
    mutating func consume(_ byte: UInt8) -> CSVRecord? {
        if byte == Self.lineFeed { line += 1 }
        switch state {
        case .quoted: consumeQuoted(byte)
        case .quote: return consumeAfterQuote(byte)
        case .fieldStart where byte == Self.quote: state = .quoted
        case .fieldStart, .plain: return consumePlain(byte)
        }
        return nil
    }

    /// The last record, when the file does not end with a line's end.
    mutating func finish() -> CSVRecord? {
        if state == .quoted { record.problem = "a quoted field is not closed" }
        return endRecord()
    }

    private mutating func consumeQuoted(_ byte: UInt8) {
        if byte == Self.quote {
            state = .quote
        } else {
            field.append(byte)
        }
    }

    private mutating func consumeAfterQuote(_ byte: UInt8) -> CSVRecord? {
        switch byte {
        case Self.quote:
            field.append(byte)
            state = .quoted
        case delimiter, Self.lineFeed, Self.carriageReturn:
            state = .plain
            return consumePlain(byte)
        default:
            record.problem = "text follows a closing quote"
            field.append(byte)
            state = .plain
        }
        return nil
    }

    private mutating func consumePlain(_ byte: UInt8) -> CSVRecord? {
        switch byte {
        case delimiter:
            endField()
        case Self.lineFeed:
            return endRecord()
        default:
            field.append(byte)
            state = .plain
        }
        return nil
    }

    private mutating func endField() {
        if let text = String(validating: field, as: UTF8.self) {
            record.fields.append(text)
        } else {
            record.fields.append("")
            record.problem = "a field is not UTF-8"
        }
        field.removeAll(keepingCapacity: true)
        state = .fieldStart
    }

    private mutating func endRecord() -> CSVRecord? {
        if field.last == Self.carriageReturn { field.removeLast() }
        let isEmpty = field.isEmpty && record.fields.isEmpty
        endField()
        defer { record = CSVRecord(line: line, fields: []) }
        return isEmpty ? nil : record
    }
}
