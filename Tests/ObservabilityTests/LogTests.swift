import Foundation
import Logging
import Model
import Settings
import Synchronization
import Testing

@testable import Observability

/// Collects lines instead of writing them.
private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func logger(_ form: LogWriter.Form, threshold: LogWriter.Threshold = .init(.info)) -> Logger {
        Logger(label: "test") { label in
            LogWriter(label: label, form: form, threshold: threshold) { line in self.lines.withLock { $0.append(line) }
            }
        }
    }
}

@Suite struct LogTests {
    private let lines = Lines()
    private let line = LogLine(
        time: Timestamp(seconds: 1_700_000_000), level: .warning, label: "mqtt-ingest", message: "lost the\nbroker",
        metadata: ["host": "10.0.0.1", "why": "no route", "nested": ["a": "1"]])

    @Test func `text is one line for people`() {
        let expected = #"""
            2023-11-14T22:13:20.000000Z warning  mqtt-ingest: lost the\nbroker host=10.0.0.1 nested="["a": "1"]" why="no route"
            """#.replacing(#""["a": "1"]""#, with: #""[\"a\": \"1\"]""#)
        #expect(line.text() == expected + "\n")
    }

    @Test func `JSON is one line for machines`() throws {
        let text = line.json()
        #expect(text.split(separator: "\n").count == 1)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(object["time"] as? String == "2023-11-14T22:13:20.000000Z")
        #expect(object["level"] as? String == "warning")
        #expect(object["logger"] as? String == "mqtt-ingest")
        #expect(object["message"] as? String == "lost the\nbroker")
        let metadata = try #require(object["metadata"] as? [String: Any])
        #expect(metadata["host"] as? String == "10.0.0.1")
        #expect(metadata["nested"] as? [String: String] == ["a": "1"])
    }

    @Test func `what is below the level is not written`() {
        let threshold = LogWriter.Threshold(.warning)
        let logger = lines.logger(.text, threshold: threshold)
        logger.info("quiet")
        #expect(lines.all.isEmpty)
        threshold.level = .info
        logger.info("loud")
        #expect(lines.all.count == 1)
    }

    @Test func `a logger's own level and metadata stay its own`() {
        let logger = lines.logger(.text)
        var verbose = logger
        verbose.logLevel = .debug
        verbose[metadataKey: "part"] = "spool"
        verbose.debug("one")
        logger.debug("two")
        #expect(lines.all.count == 1)
        #expect(lines.all.first?.hasSuffix("test: one part=spool\n") == true)
    }

    @Test func `an event is counted each time and logged once in its interval`() {
        let registry = MetricsRegistry()
        let event = EventKind("gone", level: .error, "gone", logger: lines.logger(.text), registry: registry)
        let start = ContinuousClock.Instant.now
        for second in 0..<7 { event.emit(["n": "\(second)"], at: start + .seconds(second)) }
        #expect(event.total == 7)
        #expect(registry.prometheusText().contains(#"sluice_errors_total{error_type="gone"} 7"#))
        #expect(lines.all.count == 2)
        #expect(lines.all.last?.hasSuffix("gone n=5 suppressed=4\n") == true)
    }

    @Test func `auto is text on a terminal and JSON otherwise`() {
        #expect(LogSetup.form(.auto, isTerminal: true) == .text)
        #expect(LogSetup.form(.auto, isTerminal: false) == .json)
        #expect(LogSetup.form(.json, isTerminal: true) == .json)
    }
}
