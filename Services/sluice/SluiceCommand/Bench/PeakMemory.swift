/// A process of the stack that a bench measures.
struct MeasuredProcess: Sendable {
    let name: String
    let pid: Int32
}

/// The most memory that each process held while something ran, looked at twice a second.
enum PeakMemory {
    /// - Returns: bytes by the process's name, in the sense of ``ProcessUsage/memoryBytes``.
    static func during(
        _ processes: [MeasuredProcess], _ body: () async throws -> Void
    ) async rethrows -> [String: Int] {
        let looking = Task { await look(at: processes) }
        defer { looking.cancel() }
        try await body()
        looking.cancel()
        return await looking.value
    }

    /// Away from the I/O thread, which measures latencies. Looks once more when it is cancelled.
    @concurrent
    private static func look(at processes: [MeasuredProcess]) async -> [String: Int] {
        var peaks: [String: Int] = [:]
        while true {
            let isLast = Task.isCancelled
            for process in processes {
                let now = ProcessUsage.read(process.pid)?.memoryBytes ?? 0
                peaks[process.name] = max(peaks[process.name] ?? 0, now)
            }
            if isLast { return peaks }
            // Cancelled when the last look is due.
            try? await Task.sleep(for: .milliseconds(500))
        }
    }
}
