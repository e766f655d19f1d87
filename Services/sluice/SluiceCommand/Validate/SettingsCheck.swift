import Processes

/// Has every service read the settings, and gathers what they say.
///
/// The programs that will use the file judge it, so the answer is never that of another version.
struct SettingsCheck: Sendable {
    let services: ServiceFolder
    /// `nil`: what the services find by themselves, `sluice.yaml` in the current folder or their defaults.
    let file: String?

    /// What is wrong, each thing once, in the order of the file.
    ///
    /// - Throws: ``MissingExecutable``, ``SpawnError``, or ``CheckFailure`` when a service cannot even say.
    func problems() async throws -> [String] {
        let answers = try await withThrowingTaskGroup { group in
            for kind in ServiceKind.all { group.addTask { try await ask(kind) } }
            return try await group.reduce(into: [String]()) { $0 += $1 }
        }
        return Set(answers).sorted { ProblemPosition($0) < ProblemPosition($1) }
    }

    private func ask(_ kind: ServiceKind) async throws -> [String] {
        let arguments = ["--validate"] + (file.map { ["--config", $0] } ?? [])
        let (status, text) = try await Command(try services.executable(of: kind), arguments).run()
        switch status {
        case .exited(0): return []
        case .exited(SupervisedProcess.badConfiguration):
            return text.split(separator: "\n").map(String.init)
        default: throw CheckFailure(service: kind.name, status: status, text: text)
        }
    }
}

/// A service that could not read settings at all.
struct CheckFailure: Error, CustomStringConvertible {
    let service: String
    let status: ExitStatus
    let text: String

    var description: String { "\(service) --validate ended with \(status): \(text)" }
}

/// Orders `file:line:column: …` by line and column; everything else comes after.
struct ProblemPosition: Comparable {
    private let line: Int
    private let column: Int
    private let text: String

    init(_ problem: String) {
        text = problem
        guard let match = problem.firstMatch(of: #/:(\d+):(\d+): /#) else {
            line = .max
            column = .max
            return
        }
        line = Int(match.1) ?? .max
        column = Int(match.2) ?? .max
    }

    static func < (left: ProblemPosition, right: ProblemPosition) -> Bool {
        (left.line, left.column, left.text) < (right.line, right.column, right.text)
    }
}
