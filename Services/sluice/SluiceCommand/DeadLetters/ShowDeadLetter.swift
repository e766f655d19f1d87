import ArgumentParser
import DeadLetters
import FoundationEssentials
import IOLoop
import PostgreSQL

/// `sluice dlq show`
struct ShowDeadLetter: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one dead letter with its original bytes.",
        discussion: """
            Exits with 1 when there is none of that number. With --json the bytes are in base64.

            EXAMPLES
              sluice dlq show 17
              sluice dlq show 17 --raw > message.json
            """)

    @Argument(help: "Its number or event id.")
    var id: String

    @OptionGroup var options: DeadLetterOptions

    @Flag(help: "Write the bytes as they are, and nothing else.")
    var raw = false

    @OptionGroup var look: LookOptions

    @IOThread
    func run() async throws {
        let connection = try await options.store.connect(options.data.directory)
        defer { connection.close() }
        let table = DeadLetterTable(connection: connection)
        let filter = try DeadLetterFilter.parse([id])
        guard let entry = try await table.list(filter, all: true, limit: 1).first else {
            Console.warn("there is no dead letter \(id)")
            throw ExitCode(1)
        }
        let payload = try await table.payload(entry.id)
        if raw { return Console.emit(payload) }
        try look.say(Shown(entry: entry, payload: Data(payload))) { palette in
            (Self.fields(entry).lines(palette) + ["", PayloadText(payload).text]).joined(separator: "\n")
        }
    }

    private struct Shown: Encodable, Sendable {
        var entry: DeadLetterEntry
        var payload: Data
    }

    private nonisolated static func fields(_ entry: DeadLetterEntry) -> FieldList {
        FieldList([
            ("id", "\(entry.id)"), ("event", entry.eventID), ("received", entry.receivedAt), ("stage", entry.stage),
            ("reason", entry.reason), ("detail", entry.detail), ("SQLSTATE", entry.sqlState), ("topic", entry.topic),
            ("device", entry.device), ("state", entry.state.rawValue), ("replay of", entry.replayOf),
            ("bytes", "\(entry.bytes)"),
        ])
    }
}

/// Bytes for the eyes of people: text where it is text, else hexadecimal with its printable characters beside it.
struct PayloadText {
    let text: String

    init(_ bytes: [UInt8]) {
        if let plain = String(validating: bytes, as: UTF8.self), !plain.unicodeScalars.contains(where: Self.isControl) {
            text = plain
        } else {
            text = stride(from: 0, to: bytes.count, by: 16).map { start in
                Self.line(bytes[start..<min(start + 16, bytes.count)])
            }.joined(separator: "\n")
        }
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t" && scalar != "\r"
    }

    private static func line(_ bytes: ArraySlice<UInt8>) -> String {
        let offset = String(bytes.startIndex, radix: 16)
        let hex = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
        let shown = bytes.map { (0x20..<0x7f).contains($0) ? Character(Unicode.Scalar($0)) : "." }
        return String(repeating: "0", count: max(0, 8 - offset.count)) + offset + "  " + hex.padded(to: 47) + "  "
            + String(shown)
    }
}
