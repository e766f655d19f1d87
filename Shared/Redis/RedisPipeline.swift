/// Commands that go out together and are answered in order. Arguments lie in one buffer, so that building a pipeline
/// allocates per pipeline and not per argument.
public struct RedisPipeline: Sendable {
    struct Command: Sendable {
        var firstArgument: Int
        /// Call this script with the arguments (`numkeys key… arg…`).
        var script: RedisScript?
    }

    private(set) var bytes: [UInt8] = []
    /// Where each argument ends in `bytes`.
    private(set) var ends: [Int] = []
    private(set) var commands: [Command] = []

    public init() {}

    /// The number of commands, and so of replies.
    public var count: Int { commands.count }
    public var isEmpty: Bool { commands.isEmpty }
    /// About what it will take on the wire.
    public var byteCount: Int { bytes.count + ends.count * 8 + commands.count * 56 }

    /// Adds one command, such as `append("EXPIRE", key, "3600")`.
    public mutating func append(_ arguments: String...) {
        beginCommand()
        for text in arguments { argument(text) }
    }

    /// Starts a command; `argument` adds its name and then its arguments.
    public mutating func beginCommand() {
        commands.append(Command(firstArgument: ends.count, script: nil))
    }

    /// Starts a script call on `keys`; `argument` adds its arguments (`ARGV`).
    public mutating func beginCall(_ script: RedisScript, keys: String...) {
        commands.append(Command(firstArgument: ends.count, script: script))
        argument(keys.count)
        for key in keys { argument(key) }
    }

    public mutating func argument(_ text: String) {
        bytes.append(contentsOf: text.utf8)
        ends.append(bytes.count)
    }

    public mutating func argument(bytes argument: some Sequence<UInt8>) {
        bytes.append(contentsOf: argument)
        ends.append(bytes.count)
    }

    public mutating func argument(_ number: Int) {
        argument(String(number))
    }

    /// Lets `body` write one argument's bytes in place.
    public mutating func argument(writing body: (inout [UInt8]) -> Void) {
        body(&bytes)
        ends.append(bytes.count)
    }

    mutating func append(commandAt index: Int, of other: RedisPipeline) {
        commands.append(Command(firstArgument: ends.count, script: other.commands[index].script))
        for position in other.arguments(ofCommandAt: index) {
            argument(bytes: other.bytes[other.range(ofArgumentAt: position)])
        }
    }

    func arguments(ofCommandAt index: Int) -> Range<Int> {
        let next = index + 1
        return commands[index].firstArgument..<(next < commands.count ? commands[next].firstArgument : ends.count)
    }

    func range(ofArgumentAt position: Int) -> Range<Int> {
        (position == 0 ? 0 : ends[position - 1])..<ends[position]
    }
}
