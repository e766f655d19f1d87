import Glibc
import Processes

/// Processes of a `sluice up` that was killed. They die with it, but may still be at it.
struct Remains {
    let directory: DataDirectory

    /// Returns when none of them lives.
    ///
    /// - Returns: how many were still there.
    @discardableResult
    func settle(within limit: Duration = .seconds(30)) async -> Int {
        let processes = SupervisorState.read(directory)?.processes.compactMap(\.process).filter(\.isAlive) ?? []
        for process in processes where await !process.waitForEnd(within: limit) {
            process.signal(SIGKILL)
            _ = await process.waitForEnd(within: .seconds(10))
        }
        return processes.count
    }
}
