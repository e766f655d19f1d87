import Foundation
import Logging
import Model
import Processes
import TestServers
import Testing

@testable import SluiceCommand

struct LogRecordTests {
    private func record(_ line: String, after earlier: [String] = []) -> LogRecord {
        var parser = LogParser(instance: "preprocessor-1")
        for line in earlier { _ = parser.record(line) }
        return parser.record(line)
    }

    @Test func `a line of text has its time, level, logger and message`() throws {
        let record = record("2026-11-22T20:00:49.123456Z warning  mqtt-ingest: lost the broker host=10.0.0.1")
        #expect(record.timestamp?.iso8601 == "2026-11-22T20:00:49.123456Z")
        #expect(record.level == .warning && record.logger == "mqtt-ingest")
        #expect(record.message == "lost the broker host=10.0.0.1")
        #expect(
            record.line(.colorless, width: 16)
                == "2026-11-22T20:00:49.123456Z warning  preprocessor-1    lost the broker host=10.0.0.1")
    }

    @Test func `a line of JSON says the same`() throws {
        let record = record(
            #"{"time":"2026-11-22T20:00:49.123456Z","level":"error","logger":"x","message":"m","metadata":{"a":"b"}}"#)
        #expect(record.level == .error && record.message == "m" && record.metadata == ["a": "b"])
        #expect(
            try jsonLine(record)
                == #"{"instance":"preprocessor-1","level":"error","logger":"x","message":"m","metadata":{"a":"b"},"#
                + #""time":"2026-11-22T20:00:49.123456Z"}"#)
    }

    @Test func `a further line has the time and the level of the one before it`() {
        let record = record("  at frame 7", after: ["2026-11-22T20:00:49.123456Z critical x: it fell"])
        #expect(record.isContinuation && record.level == .critical)
        #expect(record.timestamp?.iso8601 == "2026-11-22T20:00:49.123456Z")
    }

    @Test func `servers have words of their own for the time`() {
        #expect(
            record("1790000000: mosquitto version 2.0.11 starting").timestamp?.iso8601 == "2026-09-21T14:13:20.000000Z")
        let line = "2026-11-22 20:00:49.123 UTC [7] LOG:  checkpoint starting"
        #expect(record(line).timestamp?.iso8601 == "2026-11-22T20:00:49.123000Z")
    }

    @Test func `logs are merged by time, and each stays in its order`() {
        func log(_ instance: String, _ seconds: [Int]) -> [LogRecord] {
            seconds.map { second in
                LogRecord(
                    instance: instance, timestamp: Timestamp(seconds: Int64(second)), message: "\(instance)\(second)",
                    isContinuation: false)
            }
        }
        // A clock that was set back must not put an effect before its cause.
        let merged = LogsCommand.merged([log("a", [1, 5, 3]), log("b", [2, 4, 6])])
        #expect(merged.map(\.message) == ["a1", "b2", "b4", "a5", "a3", "b6"])
    }
}

struct LogsCommandTests {
    private let folder: String

    init() throws {
        folder = try TestDirectory.make()
        try FileManager.default.createDirectory(atPath: "\(folder)/log", withIntermediateDirectories: true)
        try write("preprocessor-1.log.1", [line(1, "info", "old")])
        try write("preprocessor-1.log", [line(3, "warning", "third"), "and more of it"])
        try write("storage-writer-1.log", [line(2, "error", "second"), line(4, "debug", "fourth")])
        try write("postgresql.log", ["2026-11-22 20:00:05.000 UTC [7] LOG:  fifth"])
    }

    private func line(_ second: Int, _ level: String, _ message: String) -> String {
        "2026-11-22T20:00:0\(second).000000Z \(level.padding(toLength: 8, withPad: " ", startingAt: 0)) x: \(message)"
    }

    private func write(_ file: String, _ lines: [String]) throws {
        try lines.map { $0 + "\n" }.joined().write(toFile: "\(folder)/log/\(file)", atomically: true, encoding: .utf8)
    }

    private func append(_ file: String, _ text: String) throws {
        let handle = try #require(FileHandle(forWritingAtPath: "\(folder)/log/\(file)"))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(text.utf8))
        try handle.close()
    }

    private func logs(_ words: String...) async throws -> (Processes.ExitStatus, [String]) {
        let (status, text) = try await Command(Stage.sluice, ["logs", "--data-dir", folder] + words).run()
        return (status, text.split(separator: "\n").map(String.init))
    }

    private func messages(_ words: String...) async throws -> [String] {
        let (_, text) = try await Command(Stage.sluice, ["logs", "--json", "--data-dir", folder] + words).run()
        struct Line: Decodable { var message: String }
        return try text.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)).message }
    }

    @Test func `all services are one log in the order of time, with what was moved aside`() async throws {
        #expect(try await messages() == ["old", "second", "third", "and more of it", "fourth"])
        #expect(try await messages("postgresql", "storage-writer") == ["second", "fourth", "[7] LOG:  fifth"])
    }

    @Test func `level, time and number choose`() async throws {
        #expect(try await messages("--level", "warning") == ["second", "third", "and more of it"])
        #expect(try await messages("--since", "2026-11-22T20:00:03Z") == ["third", "and more of it", "fourth"])
        #expect(try await messages("-n", "1") == ["fourth"])
        #expect(try await logs("--level", "loud").0 == .exited(64))
    }

    @Test func `a log that there is not is named, with those that there are`() async throws {
        let (status, lines) = try await logs("nobody")
        #expect(status == .exited(1))
        #expect(
            lines.first?.contains("there is no log of nobody") == true && lines.first?.contains("postgresql") == true)
    }

    @Test func `following goes on over rotation, new instances and half lines`() async throws {
        let output = "\(folder)/output"
        var command = Command(Stage.sluice, ["logs", "-f", "--json", "--data-dir", folder])
        command.output = .appended(to: output)
        let child = try ChildProcess.spawn(command)
        func contains(_ message: String) async throws -> Bool {
            try await eventually(within: .seconds(30)) {
                String(decoding: FileManager.default.contents(atPath: output) ?? Data(), as: UTF8.self)
                    .contains("\"message\":\"\(message)\"")
            }
        }
        #expect(try await contains("fourth"))
        try append("preprocessor-1.log", "2026-11-22T20:00:06.000000Z info     x: sixth is wri")
        try append("preprocessor-1.log", "tten in two\n")
        #expect(try await contains("sixth is written in two"))
        try append("preprocessor-1.log", line(7, "info", "the last before rotation") + "\n")
        try FileManager.default.removeItem(atPath: "\(folder)/log/preprocessor-1.log.1")
        try FileManager.default.moveItem(
            atPath: "\(folder)/log/preprocessor-1.log", toPath: "\(folder)/log/preprocessor-1.log.1")
        try write("preprocessor-1.log", [line(8, "info", "the first after it")])
        #expect(try await contains("the last before rotation"))
        #expect(try await contains("the first after it"))
        try write("preprocessor-2.log", [line(9, "info", "a new instance")])
        #expect(try await contains("a new instance"))
        child.signal(SIGINT)
        #expect(await child.exitStatus(within: .seconds(30)) == .exited(0))
    }
}
