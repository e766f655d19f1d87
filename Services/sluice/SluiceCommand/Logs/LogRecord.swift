import FoundationEssentials
import Logging
import Model
import Platform

/// A line of an instance's log.
struct LogRecord: Encodable, Sendable {
    var instance: String
    var timestamp: Timestamp?
    var level: Logger.Level?
    /// Who wrote it, within the instance.
    var logger: String?
    /// With the metadata behind it where the log is text.
    var message: String
    /// Of logs that are JSON; nested ones as JSON.
    var metadata: [String: String]?
    /// Whether it has no time of its own: a further line of what stands before it, or the words of another program.
    var isContinuation: Bool

    private enum CodingKeys: CodingKey {
        case instance, time, level, logger, message, metadata
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(instance, forKey: .instance)
        try fields.encodeIfPresent(timestamp?.iso8601, forKey: .time)
        try fields.encodeIfPresent(level?.rawValue, forKey: .level)
        try fields.encodeIfPresent(logger, forKey: .logger)
        try fields.encode(message, forKey: .message)
        try fields.encodeIfPresent(metadata, forKey: .metadata)
    }
}

/// Reads the lines of one log in their order.
struct LogParser {
    let instance: String
    private var last: (time: Timestamp?, level: Logger.Level?) = (nil, nil)

    init(instance: String) {
        self.instance = instance
    }

    /// A line without a time belongs to the one before it, and has its time and its level.
    mutating func record(_ line: String) -> LogRecord {
        let record = json(line) ?? text(line) ?? server(line)
        if let record {
            last = (record.timestamp, record.level)
            return record
        }
        return LogRecord(
            instance: instance, timestamp: last.time, level: last.level, message: line, isContinuation: true)
    }

    /// `2026-11-22T20:00:49.123456Z warning  mqtt-ingest: lost the broker host=10.0.0.1`
    private func text(_ line: String) -> LogRecord? {
        guard let match = line.wholeMatch(of: #/(\S{27}) (\w+) +([^ :]+): (.*)/#),
            let time = Timestamp(iso8601: String(match.1)), let level = Logger.Level(rawValue: String(match.2))
        else { return nil }
        return LogRecord(
            instance: instance, timestamp: time, level: level, logger: String(match.3), message: String(match.4),
            isContinuation: false)
    }

    private struct JSONLine: Decodable {
        var time: String
        var level: String
        var logger: String
        var message: String
    }

    private func json(_ line: String) -> LogRecord? {
        guard line.hasPrefix("{") else { return nil }
        let data = Data(line.utf8)
        guard let parsed = try? JSONDecoder().decode(JSONLine.self, from: data) else { return nil }
        return LogRecord(
            instance: instance, timestamp: Timestamp(iso8601: parsed.time), level: Logger.Level(rawValue: parsed.level),
            logger: parsed.logger, message: parsed.message, metadata: Self.metadata(data), isContinuation: false)
    }

    private static func metadata(_ line: Data) -> [String: String]? {
        struct Line: Decodable { var metadata: [String: JSONValue]? }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return (try? JSONDecoder().decode(Line.self, from: line))?.metadata?.mapValues { value in
            if case .text(let text) = value { return text }
            return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "\(value)"
        }
    }

    /// mosquitto's `1790000000: …` and PostgreSQL's `2026-11-22 20:00:49.123 UTC [7] LOG: …`.
    private func server(_ line: String) -> LogRecord? {
        if let match = line.wholeMatch(of: #/(\d{10}): (.*)/#), let seconds = Int64(match.1) {
            let time = Timestamp(microseconds: seconds * 1_000_000)
            return LogRecord(instance: instance, timestamp: time, message: String(match.2), isContinuation: false)
        }
        guard let match = line.wholeMatch(of: #/(\S{10}) (\S{12}) UTC (.*)/#),
            let time = Timestamp(iso8601: "\(match.1)T\(match.2)000Z")
        else { return nil }
        return LogRecord(instance: instance, timestamp: time, message: String(match.3), isContinuation: false)
    }
}

extension LogRecord {
    /// For people: time, level, instance, message.
    ///
    /// - Parameter width: of the widest name of an instance.
    func line(_ palette: Palette, width: Int) -> String {
        let style: Style =
            switch level {
            case .critical?, .error?: .bad
            case .warning?: .warning
            case .trace?, .debug?: .faint
            default: .plain
            }
        let head = isContinuation ? "" : timestamp?.iso8601 ?? ""
        let grade = isContinuation ? "" : level?.rawValue ?? ""
        let details = (metadata ?? [:]).sorted { $0.key < $1.key }.map { " \($0)=\($1)" }.joined()
        // It stands before the message already.
        let text = TextTable.Cell.printable((message + details).replacing(" instance=\(instance)", with: ""))
        return palette.paint(head.padded(to: 27), .faint) + " " + palette.paint(grade.padded(to: 8), style) + " "
            + palette.paint(instance.padded(to: width), .heading) + "  " + text
    }
}
