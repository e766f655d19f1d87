public import IOLoop
internal import Model
public import Pipes
internal import Wire

/// A service with a pipe on both sides: receive, transform, send on, and ack upstream when downstream has acked.
///
/// What bounds it is credit: upstream sends no more readings than this stage has granted, and credit comes back only
/// with an ack. So nothing here needs a queue limit of its own.
@IOThread
public final class Stage {
    private let outbound: OutboundPipe
    private let transform: any BatchTransform
    private let metrics: StageMetrics
    private let taps: ReadingTaps?
    private var inbound: InboundPipe?
    private var waiting: [Delivery] = []
    private var isWorking = false

    /// - Parameters:
    ///   - from: where the stage above listens.
    ///   - taps: show what is sent on.
    public init(
        inbound configuration: InboundPipeConfiguration, from upstream: UpstreamAddresses, outbound: OutboundPipe,
        transform: any BatchTransform, metrics: StageMetrics, taps: ReadingTaps? = nil
    ) {
        self.outbound = outbound
        self.transform = transform
        self.metrics = metrics
        self.taps = taps
        inbound = InboundPipe(configuration, from: upstream) { [weak self] in self?.receive($0) }
    }

    public func start() { inbound?.start() }

    /// Stops taking, and returns when everything taken is acked downstream and upstream.
    public func drain() async {
        await inbound?.drain()
        await outbound.drain()
    }

    /// What is still open comes again to somebody else.
    public func close() {
        inbound?.close()
        outbound.close()
        inbound = nil
    }

    /// For readiness: who is connected above and below.
    public var links: [LinkStatus] { inbound?.links ?? [] }
    public var workers: [WorkerStatus] { outbound.workers }
    public var inboundCounters: InboundPipeCounters { inbound?.counters ?? InboundPipeCounters() }

    /// Of what was sent on.
    public var outboundCounters: OutboundPipeCounters { outbound.counters }

    /// Called now and then, for figures that no event carries.
    public func sampleMetrics() {
        metrics.sample(outbound.counters, workers: outbound.workers.count, links: links)
    }

    private func receive(_ delivery: Delivery) {
        waiting.append(delivery)
        guard !isWorking else { return }
        isWorking = true
        IOThread.task { await self.workThrough() }
    }

    private func workThrough() async {
        while !waiting.isEmpty {
            let deliveries = waiting
            waiting = []
            for delivery in deliveries { await work(on: delivery) }
        }
        isWorking = false
    }

    private func work(on delivery: Delivery) async {
        let started = ContinuousClock.now
        metrics.received(delivery)
        do throws(RetryLater) {
            let result = try await transform.transform(delivery.batch, redelivered: delivery.redelivered)
            metrics.worked(for: ContinuousClock.now - started, on: delivery.batch.count)
            guard let batch = result, !batch.isEmpty else { return delivery.ack() }
            sendOn(batch, for: delivery)
        } catch {
            metrics.postponed(delivery)
            delivery.nack(.retry(after: error.after, reason: error.reason))
        }
    }

    private func sendOn(_ batch: ReadingBatch, for delivery: Delivery) {
        taps?.offer(batch)
        let started = ContinuousClock.now
        outbound.send(OutgoingBatch(batch)) { [metrics, transform] outcome in
            switch outcome {
            case .acknowledged:
                metrics.acknowledged(batch.count, after: ContinuousClock.now - started)
                transform.settle(batch.identity) { delivery.ack() }
            case .refused(let reason):
                metrics.refused(batch.count)
                delivery.nack(.refused(reason: reason))
            case .abandoned:
                // The pipe was closed: upstream still holds the batch and gives it to somebody else.
                break
            }
        }
    }
}
