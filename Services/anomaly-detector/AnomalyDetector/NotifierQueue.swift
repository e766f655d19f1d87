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
    private var tasks: [String: Task<Void, Never>] = [:]

    init(
        _ notifier: any Notifier, metrics: AnomalyDetectorMetrics, onArrival: @escaping @IOThread (AlertParcel) -> Void
    ) {
        self.notifier = notifier
        self.metrics = metrics
        self.onArrival = onArrival
    }

    /// Adding one that is here already changes nothing.
    func add(_ parcel: AlertParcel) {
        let id = parcel.transition.id
        guard known.insert(id).inserted else { return }
        if notifier.takesManyAtOnce {
            tasks[id] = IOThread.task {
                await self.tell([parcel])
                self.tasks[id] = nil
            }
            return
        }
        waiting.append(parcel)
        guard !isWorking else { return }
        isWorking = true
        IOThread.task { await self.work() }
    }

    /// Ends what is under way; the next owner of the series tells it.
    func close() async {
        let ending = Array(tasks.values)
        for task in ending { task.cancel() }
        for task in ending { await task.value }
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
