import Glibc

/// How a process ended.
public enum ExitStatus: Sendable, Hashable, CustomStringConvertible {
    case exited(Int32)
    case killed(signal: Int32)

    init(_ information: siginfo_t) {
        let value = information._sifields._sigchld.si_status
        self = information.si_code == CLD_EXITED ? .exited(value) : .killed(signal: value)
    }

    public var isSuccess: Bool { self == .exited(0) }

    public var description: String {
        switch self {
        case .exited(let code): "exit status \(code)"
        case .killed(let signal): "killed by \(String(cString: strsignal(signal))) (signal \(signal))"
        }
    }
}
