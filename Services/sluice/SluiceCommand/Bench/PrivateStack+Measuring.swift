import ArgumentParser
import Glibc

extension PrivateStack {
    /// Measures something on a Sluice of its own and leaves nothing behind, however it ends.
    ///
    /// - Parameters:
    ///   - configuration: of the services; their defaults apply where it gives no path. It may put a file into the directory.
    /// - Throws: what `body` does, ``BenchFailure``, or an ``ExitCode`` after Ctrl-C.
    static func measuring<Report: Sendable>(
        _ purpose: String, configuration: @escaping @Sendable (DataDirectory) throws -> String?,
        _ body: @escaping @Sendable (PrivateStack) async throws -> Report
    ) async throws -> Report {
        let signals = TerminationSignals()
        let requests = signals.requests
        let measuring = Task { try await measure(purpose, configuration, body) }
        let listener = Task { for await _ in requests { measuring.cancel() } }
        defer { listener.cancel() }
        do {
            let report = try await measuring.value
            withExtendedLifetime(signals) {}
            return report
        } catch is CancellationError {
            Console.warn("interrupted; everything that was started is stopped")
            throw ExitCode(128 + SIGINT)
        }
    }

    private static func measure<Report>(
        _ purpose: String, _ configuration: (DataDirectory) throws -> String?,
        _ body: (PrivateStack) async throws -> Report
    ) async throws -> Report {
        let directory = DataDirectory.temporary(for: purpose)
        defer { directory.remove() }
        try directory.create()
        let stack = try await start(in: directory, configuration: try configuration(directory))
        let outcome: Result<Report, any Error>
        do {
            outcome = .success(try await body(stack))
        } catch {
            outcome = .failure(error)
        }
        await stack.stop()
        return try outcome.get()
    }
}
