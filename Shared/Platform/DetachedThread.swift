import Glibc

/// Runs `body` on a thread of its own, which ends with it: for what blocks, or must not move to another thread.
///
/// - Throws: ``NoThread``; then `body` does not run.
public func detachThread(_ body: @escaping @Sendable () -> Void) throws(NoThread) {
    var thread = pthread_t()
    let work = Unmanaged.passRetained(ThreadBody(body))
    let failure = pthread_create(&thread, nil, runThreadBody, work.toOpaque())
    guard failure == 0 else {
        work.release()
        throw NoThread(code: failure)
    }
    pthread_detach(thread)
}

/// The system gives no thread, as where a container has as many as it may.
public struct NoThread: Error, Sendable, CustomStringConvertible {
    public let code: Int32
    public var isRetriable: Bool { true }
    public var description: String { "the system gives no thread (errno \(code))" }
}

private final class ThreadBody: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) {
        self.run = run
    }
}

private func runThreadBody(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().run()
    return nil
}
