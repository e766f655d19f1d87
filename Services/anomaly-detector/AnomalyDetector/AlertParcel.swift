internal import Alerting
internal import IOLoop
internal import Model

/// A transition on its way: to PostgreSQL and Redis, to the broker, and to webhooks.
@IOThread
final class AlertParcel {
    enum Station: Hashable {
        case record
        case notifier(String)
    }

    let transition: AlertTransition
    /// The batch that brought it about, which is not acked before people are told; nil for what time brought about.
    let batch: BatchIdentity?
    /// Where it has not arrived yet.
    private(set) var open: Set<Station>
    /// Whether its batch still waits for it.
    var countsForBatch = true

    init(_ transition: AlertTransition, of batch: BatchIdentity?, notifiers: [String]) {
        self.transition = transition
        self.batch = batch
        open = [.record]
        if transition.isTold { open.formUnion(notifiers.map(Station.notifier)) }
    }

    func arrived(at station: Station) { open.remove(station) }

    /// It is another alert's: nobody is to be told.
    func withdraw() { open = [] }

    func isOpen(at station: Station) -> Bool { open.contains(station) }
}
