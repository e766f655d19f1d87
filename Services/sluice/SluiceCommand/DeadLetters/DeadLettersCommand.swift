import ArgumentParser

/// `sluice dlq`
struct DeadLettersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dlq", abstract: "Look at dead letters, send them again, or give them up.",
        discussion: """
            EXAMPLES
              sluice dlq ls --reason invalid_json --from 2h
              sluice dlq show 17
              sluice dlq replay --stage preprocessor --yes
              sluice dlq drop --device pump-3
            """,
        subcommands: [ListDeadLetters.self, ShowDeadLetter.self, ReplayDeadLetters.self, DropDeadLetters.self])
}

/// What every subcommand takes.
struct DeadLetterOptions: ParsableArguments {
    @OptionGroup var data: DataDirectoryOption
    @OptionGroup var store: StoreOptions
}

/// Which dead letters are meant; all that are open without any of these.
struct DeadLetterFilter: ParsableArguments {
    @Argument(help: "Numbers or event ids.")
    var ids: [String] = []

    @Option(help: "The service that gave it up; may be repeated.", completion: Completions.services)
    var stage: [String] = []

    @Option(help: "Why, as in invalid_json; may be repeated.")
    var reason: [String] = []

    @Option(help: "The device; may be repeated.", completion: Completions.devices)
    var device: [String] = []

    @Option(help: "Received since then: 2026-11-01, 2026-11-01T06:00:00Z, or 2h ago.")
    var from: TimeOption?

    @Option(help: "Received before then.")
    var to: TimeOption?
}
