internal import IOLoop
internal import Model
internal import Observability
internal import Spool

/// Where spooled batches go; the pipe to the preprocessors, or a fake in tests.
@IOThread
protocol BatchOutlet: AnyObject {
    var canAccept: Bool { get }
    var onReady: (@IOThread () -> Void)? { get set }
    /// - Parameter decoded: the same batch, where the caller has it.
    func send(
        _ batch: SpoolBatch, decoded: ReadingBatch?, producer: String, lowWater: UInt64,
        completion: @escaping @IOThread (BatchOutcome) -> Void)
}

enum BatchOutcome: Sendable, Equatable {
    case acknowledged
    /// Downstream says that it can never take it: two versions that do not fit, or a mistake of ours.
    case refused(reason: String)
    /// Nobody has it any more; it stays in the spool.
    case abandoned
}

/// Spool to pipe, in the order of the spool, as far as credit goes.
@IOThread
final class SpoolSender {
    private(set) var inFlight = 0
    /// Why downstream refuses a batch; nil when it refuses none.
    private(set) var refusal: String?

    private let spool: Spool
    private let outlet: any BatchOutlet
    private let metrics: MQTTIngestMetrics
    private let retryInterval: Duration
    private let onFailure: @IOThread (SpoolError) -> Void
    /// The last sequence that was handed over.
    private var position: UInt64 = 0
    private var isStopped = false
    private var isPumping = false

    init(
        spool: Spool, outlet: any BatchOutlet, metrics: MQTTIngestMetrics, retryInterval: Duration = .seconds(30),
        onFailure: @escaping @IOThread (SpoolError) -> Void
    ) {
        self.spool = spool
        self.outlet = outlet
        self.metrics = metrics
        self.retryInterval = retryInterval
        self.onFailure = onFailure
        outlet.onReady = { [weak self] in self?.pump() }
    }

    /// The intake has just written this batch; it need not be read back when it is next in line.
    func spooled(_ batch: SpoolBatch, decoded: ReadingBatch? = nil) {
        if position + 1 == batch.sequence, outlet.canAccept, !isStopped, !isPumping {
            hand(batch, decoded: decoded)
        } else {
            pump()
        }
    }

    /// Hands over what there is room for.
    func pump() {
        guard !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        do throws(SpoolError) {
            while !isStopped, outlet.canAccept, let batch = try spool.first(after: position) { hand(batch) }
        } catch {
            onFailure(error)
        }
    }

    /// Hands nothing over any more; what is on its way may still be acknowledged.
    func stop() {
        isStopped = true
    }

    private func hand(_ batch: SpoolBatch, decoded: ReadingBatch? = nil) {
        position = max(position, batch.sequence)
        inFlight += 1
        let sequence = batch.sequence
        let weight = batch.weight
        outlet.send(batch, decoded: decoded, producer: spool.producer, lowWater: spool.lowWater) {
            [weak self] outcome in
            self?.settle(sequence, weight, outcome)
        }
    }

    private func settle(_ sequence: UInt64, _ weight: Int, _ outcome: BatchOutcome) {
        inFlight -= 1
        switch outcome {
        case .acknowledged:
            spool.done(sequence)
            metrics.sent.add(weight)
            if refusedSequence == sequence { refusal = nil }
        case .refused(let reason):
            refusal = "batch \(sequence) is refused: \(reason)"
            refusedSequence = sequence
            metrics.refusedBatches.add(1)
            scheduleAgain(sequence)
        case .abandoned:
            break
        }
        // In a later turn: an outlet that settles at once must not recurse through the whole spool.
        if !isPumping, outlet.canAccept { _ = EventLoop.schedule(after: .zero) { [weak self] in self?.pump() } }
    }

    private var refusedSequence: UInt64?

    private func scheduleAgain(_ sequence: UInt64) {
        _ = EventLoop.schedule(after: retryInterval) { [weak self] in self?.handAgain(sequence) }
    }

    private func handAgain(_ sequence: UInt64) {
        guard !isStopped else { return }
        do throws(SpoolError) {
            guard let batch = try spool.first(after: sequence - 1), batch.sequence == sequence else { return }
            hand(batch)
        } catch {
            onFailure(error)
            scheduleAgain(sequence)
        }
    }
}
