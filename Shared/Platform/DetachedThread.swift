import Glibc

/// Runs `body` on a thread of its own, which ends with it: for what blocks, or must not move to another thread.
public func detachThread(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let work = Unmanaged.passRetained(ThreadBody(body))
    let failure = pthread_create(&thread, nil, runThreadBody, work.toOpaque())
    precondition(failure == 0, "cannot start a thread: errno \(failure)")
    pthread_detach(thread)
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
