public import IOLoop
public import Model
public import Wire

/// A batch that came through an inbound pipe, and the way to answer for it.
@IOThread
public final class Delivery {
    /// Decoded and validated; its low water is the newest known, its route ends with `upstream`.
    public nonisolated let batch: ReadingBatch
    /// It may have been delivered before, here or elsewhere.
    public nonisolated let redelivered: Bool
    /// storage-writer to aggregator: the transaction that stored the readings.
    public nonisolated let token: Int64?
    /// The instance that sent it.
    public nonisolated let upstream: String

    private let number: UInt64
    private let session: UInt64
    private let link: PipeLink

    init(_ batch: consuming ReadingBatch, _ header: PipeFrame.BatchHeader, session: UInt64, link: PipeLink) {
        let upstream = link.status.upstream ?? link.address
        batch.route.append(upstream)
        self.batch = batch
        redelivered = header.redelivered
        token = header.token
        self.upstream = upstream
        number = header.delivery
        self.session = session
        self.link = link
    }

    /// Done for good. Repeating it, or saying it after the link was lost, does nothing.
    public func ack() { link.ack(number, session: session) }

    /// Gives it back.
    public func nack(_ refusal: Refusal) { link.nack(number, session: session, refusal) }
}
