public import ArgumentParser
public import IOLoop
public import Settings

/// A process of Sluice. The frame around it (``ServiceMain``) reads settings, answers HTTP, listens to signals and keeps
/// the instance's record; a service says what to do in between.
///
/// Everything of it runs on the I/O thread. `drain` may be called while `start` still waits.
@IOThread
public protocol Service: AnyObject, Sendable {
    associatedtype Configuration: SettingsSection & Sendable

    /// As its executable is called: `storage-writer`.
    nonisolated static var name: String { get }
    /// One sentence for `--help`.
    nonisolated static var summary: String { get }
    /// Further commands of the executable, such as `aggregator rebuild`.
    nonisolated static var subcommands: [any ParsableCommand.Type] { get }

    /// Composes the parts and registers checks, metrics and routes; no I/O yet. What it throws ends the process with 1,
    /// and with 78 when it is `InvalidSettings`: the settings do not fit what was found.
    init(configuration: Configuration, context: ServiceContext) async throws
    /// Opens and connects. Returns when work has begun; it need not be ready. What it throws ends the process with 1.
    func start() async throws
    /// Takes nothing new, finishes what it has, acks it, saves its state, closes.
    func drain() async
    /// Like `drain`, and this instance will not be back: what others keep for it, such as a broker's session, ends.
    func leave() async
    /// Takes over the hot values of a new configuration; the others need a restart. May be called while `start` still waits.
    /// When it throws, it has taken over nothing.
    func reload(_ configuration: Configuration) async throws
}

extension Service {
    public nonisolated static var subcommands: [any ParsableCommand.Type] { [] }

    public func leave() async { await drain() }

    public func reload(_ configuration: Configuration) async throws {}
}
