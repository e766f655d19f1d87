import ArgumentParser
import FoundationEssentials
import Logging
import Model

/// `sluice logs`
struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Show the logs of all instances, as one log in the order of time.",
        discussion: """
            With --follow it goes on over restarts, rotation and changes of scale until Ctrl-C. Exits with 1 when there is no \
            such log.

            EXAMPLES
              sluice logs --since 10m --level warning
              sluice logs preprocessor storage-writer-1 --follow
              sluice logs postgresql --lines 20 --json
            """)

    @OptionGroup var data: DataDirectoryOption

    @Argument(
        help: "Instances, services, or mosquitto, postgresql and redis; all instances of services by default.",
        completion: Completions.logs)
    var names: [String] = []

    @Flag(name: [.short, .long], help: "Go on with what is written from now on.")
    var follow = false

    @Option(help: "Since then: 2026-11-01, 2026-11-01T06:00:00Z, or 2h ago.")
    var since: TimeOption?

    @Option(help: "At least so grave: trace, debug, info, notice, warning, error or critical.")
    var level: LevelOption?

    @Option(name: [.customShort("n"), .long], help: "Only so many of the last lines. [with --follow: 20]")
    var lines: Int?

    @OptionGroup var look: LookOptions

    func validate() throws {
        if let lines, lines < 0 { throw ValidationError("--lines cannot be negative.") }
    }

    func run() async throws {
        let folder = LogFolder(path: data.directory.logs)
        if let name = folder.unknown(names).first {
            Console.warn(
                "there is no log of \(name) in \(folder.path); there are \(folder.names.joined(separator: ", "))")
            throw ExitCode(1)
        }
        let selection = folder.selection(names)
        guard !selection.isEmpty else { throw NothingRuns(directory: data.directory.path) }
        var feed = LogFeed(folder: folder, wanted: names, from: selection)
        show(Self.merged(selection.map { name in feed.past(of: name) }.map(chosen)).suffix(count))
        guard follow else { return }
        let ticks = Ticks(every: .milliseconds(200))
        for await _ in ticks.times { show(Self.merged(feed.next().map(chosen))[...]) }
        withExtendedLifetime(ticks) {}
    }

    private var count: Int { lines ?? (follow && since == nil ? 20 : .max) }

    private func chosen(_ records: [LogRecord]) -> [LogRecord] {
        records.filter { record in
            if let since, record.timestamp.map({ $0 < since.timestamp }) ?? true { return false }
            return level.map { (record.level ?? .info) >= $0.value } ?? true
        }
    }

    /// By time; those of one log stay in its order.
    static func merged(_ logs: [[LogRecord]]) -> [LogRecord] {
        let keyed = logs.flatMap { log -> [(Timestamp, LogRecord)] in
            var latest = Timestamp(microseconds: .min)
            return log.map { record in
                latest = max(latest, record.timestamp ?? latest)
                return (latest, record)
            }
        }
        return keyed.enumerated().sorted { ($0.element.0, $0.offset) < ($1.element.0, $1.offset) }.map(\.element.1)
    }

    private func show(_ records: ArraySlice<LogRecord>) {
        let width = LogFolder(path: data.directory.logs).selection(names).map(\.displayWidth).max() ?? 0
        for record in records {
            guard look.json else {
                Console.say(record.line(look.palette, width: width))
                continue
            }
            if let line = try? jsonLine(record) { Console.say(line) }
        }
    }
}

/// The logs that are followed, with the place up to which each has been read.
private struct LogFeed {
    private let folder: LogFolder
    private let wanted: [String]
    private var tails: [String: LogTail] = [:]
    private var parsers: [String: LogParser] = [:]
    /// Lines that were there at the start.
    private var past: [String: [String]] = [:]

    init(folder: LogFolder, wanted: [String], from names: [String]) {
        self.folder = folder
        self.wanted = wanted
        for name in names {
            let contents = folder.read(name)
            tails[name] = LogTail(path: folder.file(of: name), from: contents.end)
            parsers[name] = LogParser(instance: name)
            past[name] = contents.lines
        }
    }

    mutating func past(of name: String) -> [LogRecord] {
        let lines = past.removeValue(forKey: name) ?? []
        return records(lines, of: name)
    }

    /// What is new in each; instances that came since the last time begin at their beginning.
    mutating func next() -> [[LogRecord]] {
        folder.selection(wanted).map { name in
            let lines = tails[name, default: LogTail(path: folder.file(of: name))].next()
            return records(lines, of: name)
        }
    }

    private mutating func records(_ lines: [String], of name: String) -> [LogRecord] {
        lines.map { parsers[name, default: LogParser(instance: name)].record($0) }
    }
}

struct LevelOption: ExpressibleByArgument, Sendable {
    let value: Logger.Level

    init?(argument: String) {
        guard let level = Logger.Level(rawValue: argument) else { return nil }
        value = level
    }

    static var allValueStrings: [String] { Logger.Level.allCases.map(\.rawValue) }
}
