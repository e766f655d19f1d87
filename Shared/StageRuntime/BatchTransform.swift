public import IOLoop
public import Model

/// What a stage with a pipe on both sides does to its batches.
///
/// Calls come one at a time, in the order of arrival, on the I/O thread. A call may suspend, say to load a detector's
/// state: the batches behind it wait, so that the readings of a device stay in order.
@IOThread
public protocol BatchTransform: AnyObject {
    /// - Returns: what goes on; `nil` when nothing is left of the batch, which is then acked at once.
    /// - Throws: ``RetryLater`` when the batch cannot be worked on now: upstream keeps it and sends it again.
    func transform(_ batch: ReadingBatch, redelivered: Bool) async throws(RetryLater) -> ReadingBatch?

    /// The batch, or what went on of it, is acknowledged downstream. Calls `acknowledge` once, now or a bounded time
    /// later, when its side effects are done too; upstream is acked then. Without an implementation: now.
    func settle(_ identity: BatchIdentity, then acknowledge: @escaping @IOThread () -> Void)
}

extension BatchTransform {
    public func settle(_ identity: BatchIdentity, then acknowledge: @escaping @IOThread () -> Void) {
        acknowledge()
    }
}

/// A batch that this stage cannot work on for now. It is not lost: upstream still holds it.
public struct RetryLater: Error, Hashable, CustomStringConvertible, Sendable {
    public var after: Duration
    public var reason: String

    public init(after: Duration, reason: String) {
        self.after = after
        self.reason = reason
    }

    public var description: String { "not now, again in \(after): \(reason)" }

    public var isRetriable: Bool { true }
}
