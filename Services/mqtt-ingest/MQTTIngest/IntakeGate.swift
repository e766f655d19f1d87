internal import IOLoop
internal import Logging
internal import MQTT
internal import Observability
internal import Spool

/// Opens and closes the way from the broker. Without room in the spool we leave the broker, without UNSUBSCRIBE, so
/// that it queues; when there is room again we come back by ourselves.
@IOThread
final class IntakeGate {
    /// Why nothing is taken; nil while it is.
    private(set) var reason: String?
    /// What the last connection ended with.
    var lastError: String?
    /// The spool is damaged: only the next start can mend it.
    var onDamage: (@IOThread (SpoolError) -> Void)?

    private let client: MQTTClient
    private let intake: Intake
    private let spool: Spool
    private let metrics: MQTTIngestMetrics
    private var isClosed = false

    init(client: MQTTClient, intake: Intake, spool: Spool, metrics: MQTTIngestMetrics) {
        self.client = client
        self.intake = intake
        self.spool = spool
        self.metrics = metrics
        intake.onStop = { [unowned self] in stop($0) }
    }

    func open() {
        if let shortage = spool.shortage {
            stop(shortage)
        } else {
            client.connect()
        }
    }

    func stop(_ error: any Error) {
        guard reason == nil else { return }
        reason = "\(error)"
        if let error = error as? SpoolError, error.isDamage { onDamage?(error) }
        metrics.stopped.emit(["error": "\(error)"])
        client.disconnect()
    }

    /// For good: the service drains.
    func close() {
        isClosed = true
        client.disconnect()
    }

    func tryAgain() {
        guard reason != nil, !isClosed, spool.hasRoomAgain else { return }
        reason = nil
        intake.commit()
        guard reason == nil, intake.isClear else { return }
        client.connect()
    }
}
