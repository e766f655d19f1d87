import ArgumentParser
import FoundationEssentials
import Glibc

extension ColorChoice: ExpressibleByArgument {}

/// How every command that shows something shows it.
struct LookOptions: ParsableArguments {
    @Flag(help: "Print JSON.")
    var json = false

    @Option(help: "Colours: always, never, or auto, which is on terminals and without NO_COLOR.")
    var color = ColorChoice.auto

    var palette: Palette {
        color.palette(environment: ProcessInfo.processInfo.environment, isTerminal: isatty(STDOUT_FILENO) == 1)
    }

    /// One answer, for scripts or for people.
    func say(_ value: some Encodable, or text: (Palette) -> String) throws {
        Console.say(json ? try printedJSON(value) : text(palette))
    }
}

/// What scripts read: whole, with sorted keys.
func printedJSON(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}

/// One of many objects, each on its own line.
func jsonLine(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
}
