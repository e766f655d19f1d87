public import Processes

/// A server that Sluice runs for itself: how to prepare it, start it, see that it answers, and stop it.
public protocol LocalServer: Sendable {
    /// As it appears in logs and in the operator's view.
    var name: String { get }
    var port: UInt16 { get }
    /// The program to run; its output is the caller's to choose.
    var command: Command { get }
    /// Asks for an orderly stop that keeps all data.
    var stopSignal: Int32 { get }

    /// Makes folders and configuration. Harmless when the server ran here before.
    ///
    /// - Throws: ``LocalServerError``, or the error of a system call.
    func prepare() async throws

    /// Whether the server, running as this process, answers its own protocol now.
    func answers(as pid: Int32) -> Bool
}
