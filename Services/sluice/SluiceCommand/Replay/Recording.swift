import FoundationEssentials
import Model
import Payload
import Platform

/// One reading of a recording.
struct RecordedReading: Equatable, Sendable {
    var device: String
    var sensor: String
    var timestamp: Timestamp
    var value: Double

    var topic: String { "sensors/\(device)/\(sensor)" }
}

/// A row that is no reading.
struct InvalidRow: Error, Equatable, Sendable, CustomStringConvertible {
    var line: Int
    var reason: String

    var description: String { "line \(line): \(reason)" }
}

/// How the columns of a CSV file make readings.
struct RecordingColumns: Sendable {
    /// Taken from a column of each row, or the same for all.
    enum Source: Sendable {
        case column(Int)
        case constant(String)
    }

    var time: Int
    var value: Int
    var device: Source
    var sensor: Source

    /// - Throws: ``InvalidRow`` saying what is wrong.
    func reading(_ record: CSVRecord) throws(InvalidRow) -> RecordedReading {
        if let problem = record.problem { throw InvalidRow(line: record.line, reason: problem) }
        return RecordedReading(
            device: try name(device, "device", record), sensor: try name(sensor, "sensor", record),
            timestamp: try timestamp(record), value: try value(record))
    }

    private func timestamp(_ record: CSVRecord) throws(InvalidRow) -> Timestamp {
        let text = try field(time, "time", record)
        // Some loggers print the sign of every number, times included.
        let unsigned = text.first == "+" ? String(text.dropFirst()) : text
        guard let timestamp = Timestamp(deviceText: unsigned) else {
            throw InvalidRow(line: record.line, reason: "time \"\(text)\" is neither ISO 8601 nor a Unix time")
        }
        return timestamp
    }

    private func value(_ record: CSVRecord) throws(InvalidRow) -> Double {
        let text = try field(value, "value", record)
        guard let value = Double(text), value.isFinite else {
            throw InvalidRow(line: record.line, reason: "value \"\(text)\" is no finite number")
        }
        return value
    }

    private func name(_ source: Source, _ role: String, _ record: CSVRecord) throws(InvalidRow) -> String {
        switch source {
        case .constant(let name): return name
        case .column(let index):
            let name = try field(index, role, record)
            guard !name.contains(where: { "+#/\0".contains($0) }) else {
                throw InvalidRow(line: record.line, reason: "\(role) \"\(name)\" cannot stand in a topic")
            }
            return name
        }
    }

    private func field(_ index: Int, _ role: String, _ record: CSVRecord) throws(InvalidRow) -> String {
        guard index < record.fields.count else {
            throw InvalidRow(line: record.line, reason: "it has \(record.fields.count) columns, and no \(role)")
        }
        let text = record.fields[index].trimmed
        guard !text.isEmpty else { throw InvalidRow(line: record.line, reason: "the \(role) is empty") }
        return text
    }
}
