internal import Glibc
public import ZeroMQ

/// Readiness of descriptors and sockets, and timers, on the ``IOThread``.
@IOThread
public enum EventLoop {
    /// Calls `handler` whenever the descriptor is ready for `interest` (level triggered), until the watch is cancelled.
    public static func watch(
        descriptor: Int32, for interest: Readiness, _ handler: @escaping @IOThread (Readiness) -> Void
    ) -> Watch {
        let watch = Watch(source: .descriptor(descriptor), interest: interest, handler: handler)
        registrations.add(watch)
        return watch
    }

    /// Calls `handler` whenever a message can be received. Take all of them, or come back soon.
    public static func watch(socket: Socket, _ handler: @escaping @IOThread () -> Void) -> Watch {
        let watch = Watch(source: .socket(socket), interest: .readable) { _ in handler() }
        registrations.add(watch)
        return watch
    }

    /// Calls `handler` once, after `delay`.
    public static func schedule(after delay: Duration, _ handler: @escaping @IOThread () -> Void) -> ScheduledTimer {
        add(ScheduledTimer(deadline: .now + delay, repeats: nil, handler: handler))
    }

    /// Calls `handler` again and again. A turn that comes late does not make the next ones come at once.
    public static func schedule(every interval: Duration, _ handler: @escaping @IOThread () -> Void) -> ScheduledTimer {
        add(ScheduledTimer(deadline: .now + interval, repeats: interval, handler: handler))
    }

    /// Suspends the calling task, not the thread.
    public static func sleep(for delay: Duration) async {
        await withCheckedContinuation { continuation in
            _ = schedule(after: delay) { continuation.resume() }
        }
    }

    private static func add(_ timer: ScheduledTimer) -> ScheduledTimer {
        registrations.add(timer)
        return timer
    }

    static var registrations: Registrations { IOThread.shared.loop.registrations }
}

/// One descriptor or socket that the loop watches.
@IOThread
public final class Watch {
    enum Source {
        case descriptor(Int32)
        case socket(Socket)
    }

    private nonisolated(unsafe) let source: Source
    private nonisolated(unsafe) var handler: (@IOThread (Readiness) -> Void)?
    /// What to wait for; empty pauses the watch.
    public nonisolated(unsafe) var interest: Readiness

    init(source: Source, interest: Readiness, handler: @escaping @IOThread (Readiness) -> Void) {
        self.source = source
        self.interest = interest
        self.handler = handler
    }

    /// No call of the handler begins after this. Cancel before the descriptor is closed.
    public func cancel() {
        handler = nil
        EventLoop.registrations.remove(self)
    }
}

/// A handler with its time.
@IOThread
public final class ScheduledTimer {
    private(set) nonisolated(unsafe) var deadline: ContinuousClock.Instant
    nonisolated let repeats: Duration?
    private nonisolated(unsafe) var handler: (@IOThread () -> Void)?

    init(deadline: ContinuousClock.Instant, repeats: Duration?, handler: @escaping @IOThread () -> Void) {
        self.deadline = deadline
        self.repeats = repeats
        self.handler = handler
    }

    public func cancel() {
        handler = nil
        EventLoop.registrations.remove(self)
    }
}

// The loop itself runs on the I/O thread but outside of any actor's job, so it enters the isolation explicitly.
// The `nonisolated(unsafe)` fields above are read by the loop's own thread alone.
extension Watch {
    nonisolated func append(to pollSet: inout PollSet) {
        switch source {
        case .descriptor(let descriptor): pollSet.append(descriptor: descriptor, interest: interest)
        case .socket(let socket): pollSet.append(descriptor: socket.descriptor, interest: .readable)
        }
    }

    /// Of a socket that may have got a message without its descriptor telling so.
    nonisolated var hasUntoldMessage: Bool {
        guard case .socket(let socket) = source, socket.mayHaveNews else { return false }
        return socket.hasMessage()
    }

    /// A socket's descriptor says that there are news, not that there is a message.
    nonisolated func readiness(_ found: Readiness) -> Readiness {
        guard case .socket(let socket) = source, !found.isEmpty else { return found }
        return socket.hasMessage() ? .readable : []
    }

    nonisolated var isBroken: Bool {
        guard case .descriptor(let descriptor) = source else { return false }
        return fcntl(descriptor, F_GETFD) < 0
    }

    nonisolated func deliver(_ found: Readiness) {
        IOThread.assumeIsolated { self.handler?(found) }
    }
}

extension ScheduledTimer {
    nonisolated func fire(at now: ContinuousClock.Instant) {
        if let repeats { deadline = now + repeats }
        IOThread.assumeIsolated { self.handler?() }
    }
}

extension IOThread {
    /// Enters the isolation from code that is known to run on the I/O thread: the loop, and callbacks of C libraries
    /// that fire inside a call made on it. Traps elsewhere.
    public static nonisolated func assumeIsolated<T>(_ body: @IOThread () throws -> T) rethrows -> T {
        shared.loop.checkIsolated()
        return try withoutActuallyEscaping(body) { body in
            try unsafeBitCast(body, to: (() throws -> T).self)()
        }
    }
}
