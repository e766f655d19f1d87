import ArgumentParser
import Dispatch
import IOLoop
import PostgreSQL
import Processes
import Synchronization

/// What a shell offers for the names that the command line takes.
enum Completions {
    static let services = CompletionKind.list(ServiceKind.all.map(\.name))
    static let scales = CompletionKind.list(ServiceKind.flow.map { "\($0.name)=" })

    /// Services on the path of readings, and what runs of them in the data directory.
    static let taps = CompletionKind.custom { words, _, _ in
        let names = ServiceKind.tapped.map(\.name)
        let instances = SupervisorState.read(directory(of: words))?.services.map(\.instance) ?? []
        return names + instances.filter { instance in names.contains { instance.hasPrefix("\($0)-") } }
    }

    /// Services, and whatever has a log in the data directory.
    static let logs = CompletionKind.custom { words, _, _ in
        ServiceKind.all.map(\.name) + LogFolder(path: directory(of: words).logs).names
    }

    /// Of the devices that its database knows. It waits for the I/O thread: options that parse without waiting must be able to
    /// offer it.
    static let devices = CompletionKind.custom { words, _, beginning in
        let found = FoundNames()
        let isDone = DispatchSemaphore(value: 0)
        Task { @IOThread in
            let names = await names(beginning, directory(of: words))
            found.names.withLock { $0 = names }
            isDone.signal()
        }
        _ = isDone.wait(timeout: .now() + 2)
        return found.names.withLock { $0 }
    }

    /// That of `--data-dir` among the words of a command line.
    static func directory(of words: [String]) -> DataDirectory {
        let option = "--data-dir"
        if let word = words.last(where: { $0.hasPrefix("\(option)=") }) {
            return DataDirectory(path: String(word.dropFirst(option.count + 1)))
        }
        let position = words.firstIndex(of: option).map { $0 + 1 }
        let path = position.flatMap { words.indices.contains($0) ? words[$0] : nil }
        return DataDirectory(path: path ?? DataDirectoryOption.standard)
    }

    /// None when nobody can say: a shell that completes is no place for reasons.
    @IOThread
    private static func names(_ beginning: String, _ directory: DataDirectory) async -> [String] {
        guard let state = SupervisorState.read(directory), state.supervisor.isAlive,
            let connection = try? await PostgreSQLConnection.connect(
                PostgreSQLConfiguration(url: state.infrastructure.postgres.url, applicationName: "sluice"))
        else { return [] }
        defer { connection.close() }
        let rows = try? await connection.query(
            "SELECT DISTINCT device_id FROM sensors WHERE starts_with(device_id, $1) ORDER BY device_id LIMIT 100",
            [.text(beginning)])
        guard let rows else { return [] }
        return (0..<rows.count).map { rows.text($0, 0) }
    }
}

private final class FoundNames: Sendable {
    let names = Mutex<[String]>([])
}
