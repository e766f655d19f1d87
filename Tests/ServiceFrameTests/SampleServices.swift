import IOLoop
import Observability
import Settings
import StageRuntime
import Synchronization

struct SampleConfiguration: SettingsSection {
    static let section = "sample"
    let pace: Int
    let size: Int

    init(from reader: SettingsReader) {
        pace = reader.int("pace", default: 1, "How fast.", reload: .hot)
        size = reader.int("size", default: 1, "How large.")
    }
}

/// Starts, announces a pipe, and tells what it was given.
@IOThread final class Sample: Service {
    struct Unlucky: Error, CustomStringConvertible {
        let description = "thirteen is not for this service"
    }

    nonisolated static let name = "sample"
    nonisolated static let summary = "A sample."
    nonisolated static let contexts = Mutex<[String: ServiceContext]>([:])
    nonisolated static let paces = Mutex<[String: Int]>([:])
    private let context: ServiceContext

    init(configuration: SampleConfiguration, context: ServiceContext) async throws {
        self.context = context
    }

    func start() async throws {
        Self.contexts.withLock { $0[context.instance] = context }
        context.announce(pipe: "tcp://127.0.0.1:5601")
    }

    func drain() async {}

    func reload(_ configuration: SampleConfiguration) async throws {
        if configuration.pace == 13 { throw Unlucky() }
        Self.paces.withLock { $0[context.instance] = configuration.pace }
    }
}

/// Drains until the test lets it finish.
@IOThread final class SlowToDrain: Service {
    nonisolated static let name = "slow"
    nonisolated static let summary = "Slow to drain."
    nonisolated static let (finished, mayFinish) = AsyncStream.makeStream(of: Void.self)

    init(configuration: SampleConfiguration, context: ServiceContext) async throws {}
    func start() async throws {}

    func drain() async {
        for await _ in Self.finished {}
    }
}

@IOThread final class Broken: Service {
    struct Fault: Error {}

    nonisolated static let name = "broken"
    nonisolated static let summary = "Cannot start."

    init(configuration: SampleConfiguration, context: ServiceContext) async throws {}
    func start() async throws { throw Fault() }
    func drain() async {}
}

@IOThread final class NeverStarts: Service {
    nonisolated static let name = "never"
    nonisolated static let summary = "Waits for ever."

    init(configuration: SampleConfiguration, context: ServiceContext) async throws {}
    func start() async throws { try await Task.sleep(for: .seconds(3_600)) }
    func drain() async {}
}
