import ArgumentParser

/// `sluice completion`
struct CompletionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "completion", abstract: "Print what makes a shell complete this command line.",
        discussion: """
            Completes commands and options, and the names of services, instances and devices of what runs in --data-dir.

            EXAMPLES
              source <(sluice completion bash)
              sluice completion zsh > ~/.zfunc/_sluice
              sluice completion fish > ~/.config/fish/completions/sluice.fish
            """)

    enum Shell: String, CaseIterable, ExpressibleByArgument {
        case bash
        case zsh
        case fish

        var shell: CompletionShell {
            switch self {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        }
    }

    @Argument(help: "The shell: bash, zsh or fish.")
    var shell: Shell

    func run() async throws {
        Console.say(Sluice.completionScript(for: shell.shell))
    }
}
