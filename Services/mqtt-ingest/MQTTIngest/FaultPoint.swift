internal import Glibc

/// Where a test may have the process killed, as the kernel would: `SLUICE_FAULT=after-read` or `after-commit`.
///
/// Only the environment can ask for it, once at the start; without it nothing is ever compared with anything.
enum FaultPoint: String, Sendable {
    /// A batch has been read from the broker and is not on disk.
    case afterRead = "after-read"
    /// It is on disk, and its PUBACKs are not sent.
    case afterCommit = "after-commit"

    static func wanted(in environment: [String: String]) -> FaultPoint? {
        environment["SLUICE_FAULT"].flatMap(FaultPoint.init(rawValue:))
    }
}

extension FaultPoint? {
    func reached(_ point: FaultPoint) {
        if self == point { kill(getpid(), SIGKILL) }
    }
}
