internal import IOLoop
internal import Logging
internal import MQTT
internal import Model
internal import Observability
internal import Spool

/// Spool to the central broker: QoS 1, in the order of the spool, a window at a time.
///
/// A message that the broker refuses is tried again some times, and then set aside: those behind it go on.
@IOThread
final class Uplink {
    private let client: MQTTClient
    private let spool: UplinkSpool
    private let metrics: EdgeProcessorMetrics
    private let retryInterval: Duration
    private var position: Int64 = 0
    private var ready: ArraySlice<UplinkSpool.Delivery> = []
    /// To be sent again, and how often they were refused.
    private var again: [UplinkSpool.Delivery] = []
    private var refusals: [Int64: Int] = [:]
    private var isPumping = false
    private var isStopped = false
    private(set) var failure: String?
    private static let page = 200
    private static let patience = 3

    init(
        client: MQTTClient, spool: UplinkSpool, metrics: EdgeProcessorMetrics,
        retryInterval: Duration = .seconds(10)
    ) {
        self.client = client
        self.spool = spool
        self.metrics = metrics
        self.retryInterval = retryInterval
        client.onRoom = { [unowned self] in pump() }
    }

    func stop() { isStopped = true }

    /// Hands over what there is room for.
    func pump() {
        guard !isPumping, !isStopped, client.state == .connected else { return }
        isPumping = true
        defer { isPumping = false }
        do throws(SpoolError) {
            while client.hasRoom, let delivery = try nextDelivery() {
                guard try send(delivery) else { break }
            }
            failure = nil
        } catch {
            failure = "\(error)"
        }
    }

    private func nextDelivery() throws(SpoolError) -> UplinkSpool.Delivery? {
        if let first = again.first { return first }
        if ready.isEmpty { ready = try spool.next(after: position, limit: Self.page)[...] }
        return ready.first
    }

    /// - Returns: false when nothing can be sent now.
    private func send(_ delivery: UplinkSpool.Delivery) throws(SpoolError) -> Bool {
        let identity = EdgeDelivery(producer: spool.producer, sequence: delivery.number)
        do throws(MQTTError) {
            try client.publish(
                topic: delivery.message.topic, payload: delivery.message.payload(thinned: delivery.thinned),
                userProperties: [EdgeDelivery.property: identity.text]
            ) { [weak self] error in self?.settle(delivery, error) }
        } catch {
            switch error.code {
            case .windowFull, .notConnected, .closed: return false
            default: try giveUp(delivery, error)
            }
        }
        passed(delivery)
        return true
    }

    private func passed(_ delivery: UplinkSpool.Delivery) {
        if again.first?.sequence == delivery.sequence {
            again.removeFirst()
        } else {
            _ = ready.popFirst()
            position = delivery.sequence
        }
    }

    private func settle(_ delivery: UplinkSpool.Delivery, _ error: MQTTError?) {
        guard let error else {
            refusals[delivery.sequence] = nil
            spool.confirm(delivery)
            if delivery.message.kind == .reading { metrics.sentReadings.add(1) }
            return metrics.sent.add(1)
        }
        // At the end everything that is under way is told that the client is closed.
        guard !isStopped, case .broker = error.code else { return }
        metrics.refused.emit(["topic": "\(delivery.message.topic)", "error": "\(error)"])
        refusals[delivery.sequence, default: 0] += 1
        if refusals[delivery.sequence, default: 0] < Self.patience {
            _ = EventLoop.schedule(after: retryInterval) { [weak self] in
                self?.again.append(delivery)
                self?.pump()
            }
        } else {
            do throws(SpoolError) {
                try giveUp(delivery, error)
            } catch {
                failure = "\(error)"
            }
        }
    }

    private func giveUp(_ delivery: UplinkSpool.Delivery, _ error: MQTTError) throws(SpoolError) {
        try spool.setAside(delivery, because: "\(error)")
        refusals[delivery.sequence] = nil
        metrics.setAside.emit(["topic": "\(delivery.message.topic)", "error": "\(error)"])
    }
}
