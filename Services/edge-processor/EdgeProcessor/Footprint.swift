internal import IOLoop
internal import Observability
internal import ResidentMemory

/// Keeps a gateway's resident memory small: pages of program and libraries that only the start needed go back to the system.
///
/// They are some 20 MB of code and constants that the Swift runtime walks once, to find types and conformances, and that would stay in the
/// process as long as nobody else wants the memory.
@IOThread
final class Footprint {
    /// What steady work touches, scrapes included, is about 16 MB.
    private static let limit = 16 << 20

    private let returns: Counter
    private var watch: ScheduledTimer?

    init(in registry: MetricsRegistry) {
        returns = registry.counter(
            "sluice_program_page_returns_total", "Times that pages of the program were given back to the system.")
    }

    func start() {
        watch = EventLoop.schedule(after: .seconds(1)) { [unowned self] in
            look()
            watch = EventLoop.schedule(every: .seconds(5)) { [unowned self] in look() }
        }
    }

    func stop() {
        watch?.cancel()
    }

    private func look() {
        guard let memory = ResidentMemory.now(), memory.files > Self.limit else { return }
        if ResidentMemory.giveBackProgramPages() { returns.add(1) }
    }
}
