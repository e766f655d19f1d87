internal import Alerting
internal import IOLoop
internal import Logging
internal import Observability
internal import Plugins

/// What one notifier has not been told yet, in order. It gets as many at a time as wait.
@IOThread
final class NotifierQueue {
    private let notifier: any Notifier
    private let metrics: AnomalyDetectorMetrics
    private let onArrival: @IOThread (AlertParcel) -> Void
    private var waiting: [AlertParcel] = []
    private var known: Set<String> = []
    private var isWorking = false

    init(
        _ notifier: any Notifier, metrics: AnomalyDetectorMetrics, onArrival: @escaping @IOThread (AlertParcel) -> Void
    ) {
        self.notifier = notifier
        self.metrics = metrics
        self.onArrival = onArrival
    }

    /// Adding one that is here already changes nothing.
    func add(_ parcel: AlertParcel) {
        guard known.insert(parcel.transition.id).inserted else { return }
        waiting.append(parcel)
        guard !isWorking else { return }
        isWorking = true
        IOThread.task { await self.work() }
    }

    private func work() async {
        while !waiting.isEmpty {
            let due = waiting
            waiting = []
            await tell(due)
        }
        isWorking = false
    }

    private func tell(_ due: [AlertParcel]) async {
        do {
            try await notifier.notify(due.map(\.transition))
        } catch is CancellationError {
            // Not told, and so still in the series' state: the next owner tells it.
            return
        } catch {
            metrics.alertsRefused.emit(["notifier": "\(notifier.name)", "why": "\(error)"])
        }
        for parcel in due {
            known.remove(parcel.transition.id)
            onArrival(parcel)
        }
    }
}
