internal import CChildProcess
import FoundationEssentials
import Glibc

/// The descriptors that a child starts with; closed by the parent after the spawn.
struct ChildFiles: Sendable {
    let input: Int32
    let output: Int32
    private let opened: [Int32]

    init(_ command: Command) throws {
        input = try Self.openFile(command.input ?? "/dev/null", O_RDONLY)
        switch command.output {
        case .inherited: output = STDERR_FILENO
        case .discarded: output = try Self.openFile("/dev/null", O_WRONLY)
        case .appended(let path): output = try Self.openFile(path, O_WRONLY | O_APPEND | O_CREAT)
        }
        opened = [input, output].filter { $0 > STDERR_FILENO }
    }

    func close() {
        for descriptor in opened { Glibc.close(descriptor) }
    }

    private static func openFile(_ path: String, _ flags: Int32) throws -> Int32 {
        try SystemCallError.check("open", path) { open(path, flags | O_CLOEXEC, 0o644) }
    }
}

/// Runs on the thread that will reap the child.
func forkAndExecute(_ command: Command, _ files: ChildFiles) -> Result<pid_t, SpawnError> {
    let variables = ProcessInfo.processInfo.environment.merging(command.environment) { $1 }
    var arguments = ([command.executable] + command.arguments).map { strdup($0) } + [nil]
    var environment = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { (arguments + environment).forEach { free($0) } }
    let executable = strdup(command.executable)
    let directory = command.directory.flatMap { strdup($0) }
    defer {
        free(executable)
        free(directory)
    }
    var step: UnsafePointer<CChar>?
    let pid = arguments.withUnsafeMutableBufferPointer { arguments in
        environment.withUnsafeMutableBufferPointer { environment in
            var plan = child_process_plan(
                executable: executable, arguments: arguments.baseAddress, environment: environment.baseAddress,
                directory: directory, input: files.input, output: files.output,
                user: command.user.map { Int($0.userID) } ?? -1, group: command.user.map { Int($0.groupID) } ?? -1,
                death_signal: command.deathSignal)
            return child_process_spawn(&plan, &step)
        }
    }
    guard pid < 0 else { return .success(pid) }
    let call = step.map { String(cString: $0) } ?? "spawn"
    return .failure(SpawnError(executable: command.executable, call: call, code: -pid))
}
