import ArgumentParser
import FoundationEssentials
import Model
import Spool

/// `sluice spool dump`
struct DumpSpools: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump", abstract: "Print what waits, one JSON object a line.",
        discussion: """
            Readings have `value`, dead letters `reason` and their payload in base64, presence `status`.

            EXAMPLE
              sluice spool dump --limit 10
            """)

    @OptionGroup var options: SpoolOptions

    @Option(help: "At most so many lines.")
    var limit = Int.max

    @Flag(help: "Print JSON, which it does in any case.")
    var json = false

    func run() throws {
        var rest = limit
        for path in try options.paths() {
            var batches = SpooledBatches(try SpoolReader(path: path))
            while rest > 0, let next = try batches.next() {
                guard let batch = next.batch else {
                    Console.warn("\(path): batch \(next.sequence) is damaged: \(next.fault ?? "")")
                    continue
                }
                for line in SpoolLines(batch).all.prefix(rest) {
                    Console.say(line)
                    rest -= 1
                }
            }
        }
    }
}

/// A batch as lines of JSON.
struct SpoolLines {
    let batch: ReadingBatch

    init(_ batch: ReadingBatch) {
        self.batch = batch
    }

    var all: [String] {
        (0..<batch.count).map(reading) + batch.deadLetters.map(deadLetter) + batch.presence.map(presence)
    }

    private func reading(_ row: Int) -> String {
        let series = batch.series(ofRow: row)
        return line(batch.position[row]) { json in
            json.key("device")
            json.string(series.device)
            json.key("sensor")
            json.string(series.sensor)
            json.key("time")
            json.string(Timestamp(microseconds: batch.timestamp[row]).iso8601)
            json.key("value")
            json.number(batch.value[row])
            json.key("unit")
            json.string(series.unit)
        }
    }

    private func deadLetter(_ letter: DeadLetter) -> String {
        line(letter.position) { json in
            json.key("topic")
            json.string(letter.topic)
            json.key("reason")
            json.string(letter.reason.rawValue)
            json.key("detail")
            json.string(letter.detail)
            json.key("payload")
            json.string(Data(letter.payload).base64EncodedString())
        }
    }

    private func presence(_ change: PresenceChange) -> String {
        line(change.position) { json in
            json.key("device")
            json.string(change.device)
            json.key("status")
            json.string(change.status)
            json.key("time")
            json.string(change.at.iso8601)
        }
    }

    private func line(_ position: UInt32, _ fields: (inout JSONText) -> Void) -> String {
        var json = JSONText()
        json.beginObject()
        json.key("event_id")
        json.string("\(batch.identity.producer)-\(batch.identity.sequence)-\(position)")
        fields(&json)
        json.endObject()
        return json.text
    }
}
