internal import CZeroMQ

/// A libzmq context: the owner of its background threads. One a process is enough; tests may make their own.
public final class Context: Sendable {
    /// libzmq documents contexts as thread safe, so the pointer may be used from any thread.
    nonisolated(unsafe) let handle: UnsafeMutableRawPointer

    public static let shared = Context()

    /// Traps when libzmq cannot allocate: nothing can work without it.
    public init() {
        guard let handle = zmq_ctx_new() else {
            preconditionFailure("\(ZeroMQError(action: "make a context", function: "zmq_ctx_new"))")
        }
        self.handle = handle
        zmq_ctx_set(handle, ZMQ_BLOCKY, 0)
    }

    deinit {
        zmq_ctx_shutdown(handle)
        zmq_ctx_term(handle)
    }
}
