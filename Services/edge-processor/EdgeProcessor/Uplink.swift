internal import IOLoop
internal import Logging
internal import MQTT
internal import Model
internal import Observability
internal import Spool

/// Spool to the central broker: QoS 1, in the order of the spool, a window at a time.
@IOThread
final class Uplink {
    private let client: MQTTClient
    private let spool: UplinkSpool
    private let metrics: EdgeProcessorMetrics
    private var position: Int64 = 0
    private var ready: ArraySlice<UplinkSpool.Delivery> = []
    private var isPumping = false
    private var isStopped = false
    private(set) var underWay = 0
    private(set) var failure: String?
    private static let page = 500

    init(client: MQTTClient, spool: UplinkSpool, metrics: EdgeProcessorMetrics) {
        self.client = client
        self.spool = spool
        self.metrics = metrics
        client.onRoom = { [unowned self] in pump() }
    }

    func stop() { isStopped = true }

    /// Hands over what there is room for.
    func pump() {
        guard !isPumping, !isStopped, client.state == .connected else { return }
        isPumping = true
        defer { isPumping = false }
        do {
            while client.hasRoom, let delivery = try nextDelivery() { try send(delivery) }
            failure = nil
        } catch {
            failure = "\(error)"
        }
    }

    private func nextDelivery() throws(SpoolError) -> UplinkSpool.Delivery? {
        if ready.isEmpty { ready = try spool.next(after: position, limit: Self.page)[...] }
        return ready.first
    }

    private func send(_ delivery: UplinkSpool.Delivery) throws(MQTTError) {
        let identity = EdgeDelivery(producer: spool.producer, sequence: delivery.number)
        try client.publish(
            topic: delivery.message.topic, payload: delivery.message.payload(thinned: delivery.thinned),
            userProperties: [EdgeDelivery.property: identity.text]
        ) { [weak self] error in self?.settle(delivery, error) }
        _ = ready.removeFirst()
        position = delivery.sequence
        underWay += 1
    }

    private func settle(_ delivery: UplinkSpool.Delivery, _ error: MQTTError?) {
        underWay -= 1
        if let error {
            // It stays in the spool, and goes again with the next start of the uplink.
            metrics.refused.emit(["topic": "\(delivery.message.topic)", "error": "\(error)"])
            return
        }
        spool.confirm(delivery)
        metrics.sent.add(1)
    }

    /// What the broker refused is tried again, once nothing else is under way.
    func startOver() {
        guard underWay == 0, ready.isEmpty, spool.count > 0 else { return }
        position = 0
        pump()
    }
}
