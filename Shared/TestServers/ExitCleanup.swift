import Foundation
import Glibc
public import Processes
import Synchronization

/// Stops by pid what the tests started, and removes their folder, when the process exits.
public enum ExitCleanup {
    private static let processes = Mutex<[ProcessIdentity]>([])
    private static let removals = Mutex<[@Sendable () -> Void]>([])

    static func install() {
        atexit { ExitCleanup.run() }
    }

    public static func add(_ process: ChildProcess) {
        guard let identity = process.identity else { return }
        processes.withLock { $0.append(identity) }
    }

    /// Something else to remove, once the processes have ended.
    public static func add(_ removal: @escaping @Sendable () -> Void) {
        _ = TestDirectory.root
        removals.withLock { $0.append(removal) }
    }

    private static func run() {
        let living = processes.withLock { $0 }.filter(\.isAlive)
        // SIGQUIT is PostgreSQL's immediate shutdown, which leaves no shared memory behind.
        for process in living { process.signal(SIGQUIT) }
        waitForEnd(of: living, polls: 100)
        for process in living { process.signal(SIGKILL) }
        waitForEnd(of: living, polls: 100)
        for removal in removals.withLock({ $0 }) { removal() }
        // Nobody is left to hear of a failure; the next run tries again.
        try? FileManager.default.removeItem(atPath: TestDirectory.root)
    }

    private static func waitForEnd(of processes: [ProcessIdentity], polls: Int) {
        for _ in 0..<polls where processes.contains(where: \.isAlive) { usleep(20_000) }
    }
}
