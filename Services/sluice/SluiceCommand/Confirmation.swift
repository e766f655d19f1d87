import ArgumentParser
import FoundationEssentials
import Glibc

/// Asks before something that cannot be taken back.
struct ConfirmationOption: ParsableArguments {
    @Flag(help: "Do not ask.")
    var yes = false

    /// - Throws: `ValidationError` when there is nobody to ask; `ExitCode` when the answer is no.
    func confirm(_ question: String) throws {
        if yes { return }
        guard isatty(STDIN_FILENO) == 1 else { throw ValidationError("\(question) Nobody can answer: add --yes.") }
        Console.ask("\(question) [y/N] ")
        guard let answer = readLine()?.lowercased(), ["y", "yes"].contains(answer) else {
            Console.warn("nothing was done")
            throw ExitCode(1)
        }
    }
}
