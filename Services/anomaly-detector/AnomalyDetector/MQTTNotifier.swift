internal import Alerting
internal import IOLoop
internal import MQTT
internal import Model
internal import Observability
internal import Plugins

/// Publishes transitions of alerts to `alerts/{device}/{sensor}` with QoS 1.
@IOThread
final class MQTTNotifier: Notifier {
    nonisolated let name = "mqtt"
    private let client: MQTTClient
    private let metrics: AnomalyDetectorMetrics

    init(_ client: MQTTClient, metrics: AnomalyDetectorMetrics) {
        self.client = client
        self.metrics = metrics
    }

    /// Returns when each message has its PUBACK, or was refused.
    ///
    /// - Throws: the first refusal, an ``MQTTError``; the others are published none the less.
    @IOThread
    func notify(_ transitions: [AlertTransition]) async throws {
        let open = Confirmations()
        for transition in transitions {
            await client.room()
            publish(transition, open)
        }
        open.close()
        await open.all()
        if let failure = open.failure { throw failure }
    }

    private func publish(_ transition: AlertTransition, _ open: Confirmations) {
        open.expectOne()
        do throws(MQTTError) {
            try client.publish(
                topic: transition.topic, payload: transition.message.bytes, qos: .atLeastOnce
            ) { [metrics] error in
                if error == nil { metrics.publishedAlerts.add(1) }
                open.cameIn(error)
            }
        } catch {
            open.cameIn(error)
        }
    }
}

/// The answers that one call waits for.
@IOThread
private final class Confirmations {
    private(set) var failure: MQTTError?
    private var missing = 1
    private var waiter: CheckedContinuation<Void, Never>?

    func expectOne() { missing += 1 }

    /// Nothing more will be expected.
    func close() { cameIn(nil) }

    func cameIn(_ error: MQTTError?) {
        failure = failure ?? error
        missing -= 1
        guard missing == 0, let waiter else { return }
        self.waiter = nil
        waiter.resume()
    }

    func all() async {
        await withCheckedContinuation { continuation in
            if missing > 0 { waiter = continuation } else { continuation.resume() }
        }
    }
}
