internal import IOLoop
internal import Logging
internal import Model
internal import Observability
internal import Plugins

/// Gives alerts to the notifiers, and knows which batches still have some under way.
///
/// A batch is not acked upstream before its alerts are told, so that a crash in between sends it again and the alerts
/// with it. The wait is bounded, and there is none while the other side is known to be away: an alert is in
/// PostgreSQL and Redis in any case, and readings must flow. What is not told in time is counted, and still told when
/// the other side is back, as long as this process lives.
@IOThread
final class AlertDelivery {
    private struct Waiter {
        var acknowledge: @IOThread () -> Void
        var timer: ScheduledTimer
    }

    private let notifiers: [any Notifier]
    private let isReachable: @IOThread () -> Bool
    private let patience: Duration
    private let limit: Int
    private let metrics: AnomalyDetectorMetrics
    private var underWay: [BatchIdentity: Int] = [:]
    private var waiters: [BatchIdentity: [Waiter]] = [:]
    private(set) var alertsUnderWay = 0

    /// - Parameters:
    ///   - isReachable: whether it makes sense to wait now.
    ///   - patience: how long a batch waits for its alerts after downstream has it.
    ///   - limit: alerts under way; more are counted and left to PostgreSQL.
    init(
        _ notifiers: [any Notifier], patience: Duration, limit: Int = 10_000, metrics: AnomalyDetectorMetrics,
        isReachable: @escaping @IOThread () -> Bool
    ) {
        self.notifiers = notifiers
        self.patience = patience
        self.limit = limit
        self.metrics = metrics
        self.isReachable = isReachable
    }

    func publish(_ alerts: [Alert], of identity: BatchIdentity) {
        for alert in alerts { metrics.log(alert) }
        guard !notifiers.isEmpty else { return }
        let taken = Array(alerts.prefix(max(0, limit - alertsUnderWay)))
        if taken.count < alerts.count { metrics.alertsDropped.emit(count: alerts.count - taken.count) }
        guard !taken.isEmpty else { return }
        underWay[identity, default: 0] += 1
        alertsUnderWay += taken.count
        IOThread.task { await self.deliver(taken, of: identity) }
    }

    func settle(_ identity: BatchIdentity, then acknowledge: @escaping @IOThread () -> Void) {
        guard underWay[identity] != nil else { return acknowledge() }
        guard isReachable() else {
            metrics.alertsDeferred.emit()
            return acknowledge()
        }
        let timer = EventLoop.schedule(after: patience) { [weak self] in
            self?.metrics.alertsDeferred.emit()
            self?.release(identity)
        }
        waiters[identity, default: []].append(Waiter(acknowledge: acknowledge, timer: timer))
    }

    /// Lets all waiting batches go: the other side has gone away.
    func releaseAll() {
        for identity in waiters.keys { release(identity) }
    }

    /// Waits until nothing is under way.
    ///
    /// - Returns: how many alerts still are, after `limit`.
    func finish(within limit: Duration) async -> Int {
        let deadline = ContinuousClock.now + limit
        while alertsUnderWay > 0, isReachable(), .now < deadline {
            await EventLoop.sleep(for: .milliseconds(10))
        }
        return alertsUnderWay
    }

    private func deliver(_ alerts: [Alert], of identity: BatchIdentity) async {
        for notifier in notifiers {
            do {
                try await notifier.notify(alerts)
            } catch {
                metrics.alertsRefused.emit(["notifier": "\(notifier.name)", "why": "\(error)"])
            }
        }
        alertsUnderWay -= alerts.count
        underWay[identity, default: 1] -= 1
        guard underWay[identity] == 0 else { return }
        underWay[identity] = nil
        release(identity)
    }

    private func release(_ identity: BatchIdentity) {
        for waiter in waiters.removeValue(forKey: identity) ?? [] {
            waiter.timer.cancel()
            waiter.acknowledge()
        }
    }
}
