import Logging
import Model

/// One line of the log.
struct LogLine {
    var time: Timestamp
    var level: Logger.Level
    var label: String
    var message: String
    var metadata: Logger.Metadata

    /// `2026-11-22T20:00:49.123456Z warning mqtt-ingest: lost the broker host=10.0.0.1`; line breaks are escaped, so that a
    /// peer's text cannot forge a line.
    func text() -> String {
        var line = "\(time.iso8601) \(padded(level.rawValue)) \(label): \(Self.escape(message))"
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            line += " \(key)=\(quoted("\(value)"))"
        }
        return line + "\n"
    }

    /// `{"time":…,"level":…,"logger":…,"message":…,"metadata":{…}}`.
    func json() -> String {
        var json = JSONText()
        json.beginObject()
        for (key, value) in [
            ("time", time.iso8601), ("level", level.rawValue), ("logger", label), ("message", message),
        ] {
            json.key(key)
            json.string(value)
        }
        if !metadata.isEmpty {
            json.key("metadata")
            append(metadata, to: &json)
        }
        json.endObject()
        return json.text + "\n"
    }

    private func append(_ metadata: Logger.Metadata, to json: inout JSONText) {
        json.beginObject()
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            json.key(key)
            if case .dictionary(let nested) = value {
                append(nested, to: &json)
            } else {
                json.string("\(value)")
            }
        }
        json.endObject()
    }

    private func padded(_ word: String) -> String {
        word + String(repeating: " ", count: max(0, 8 - word.count))
    }

    private func quoted(_ text: String) -> String {
        let isPlain = !text.isEmpty && text.allSatisfy { !$0.isWhitespace && $0 != "\"" && $0 != "=" }
        return isPlain ? text : "\"\(Self.escape(text).replacing("\"", with: "\\\""))\""
    }

    private static func escape(_ text: String) -> String {
        text.replacing("\r", with: "\\r").replacing("\n", with: "\\n").replacing("\u{1b}", with: "\\e")
    }
}
