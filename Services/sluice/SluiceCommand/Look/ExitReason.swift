import ArgumentParser
import HTTPEndpoints
import PostgreSQL
import Settings

/// What the exit status of a command says. The numbers are those of `sysexits.h` where it has one.
enum ExitReason: Int32, CaseIterable {
    case done = 0
    /// The answer is no, or it did not work.
    case failed = 1
    /// The command line is wrong.
    case usage = 64
    /// Whoever was to be asked does not run, or does not answer: asking again later may work.
    case unavailable = 69
    /// The settings are wrong.
    case configuration = 78
    /// Ctrl-C, as shells count it: 128 + SIGINT.
    case interrupted = 130

    var meaning: String {
        switch self {
        case .done: "done; the answer is yes"
        case .failed: "the answer is no, something is wrong, or it did not work"
        case .usage: "the command line is wrong"
        case .unavailable: "nothing runs there, or it does not answer; asking again later may work"
        case .configuration: "the settings are wrong"
        case .interrupted: "interrupted by Ctrl-C"
        }
    }

    /// Of an error that ended a command; nil for those that have a status of their own.
    init?(_ error: any Error) {
        switch error {
        case is NoStore, is NoBroker, is NothingRuns, is HTTPNoReply: self = .unavailable
        case let error as PostgreSQLError where error.kind == .cannotConnect: self = .unavailable
        case is InvalidSettings: self = .configuration
        default: return nil
        }
    }

    /// The lines of a table for the help.
    static var table: String {
        allCases.map { "  " + "\($0.rawValue)".padded(to: 5) + $0.meaning }.joined(separator: "\n")
    }
}

extension ExitReason {
    var exitCode: ExitCode { ExitCode(rawValue) }
}
