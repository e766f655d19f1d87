internal import IOLoop
internal import Logging
internal import MQTT
internal import Observability
internal import Spool

/// Brings the session's subscriptions in line with the configuration, on every connection. They are never dropped
/// on shutdown: the broker queues for us while we are away.
@IOThread
final class Subscriber {
    /// Why we are not subscribed; nil when we are.
    private(set) var failure: String? = "not connected yet"
    /// The session has the subscriptions that are wanted, and no others.
    var onReconciled: (@IOThread () -> Void)?

    private let client: MQTTClient
    private let spool: Spool
    private let wanted: [MQTTSubscription]
    private let logger: Logger
    private let failed: EventKind
    /// Tells an answer for an earlier connection from one for this.
    private var connection = 0

    init(client: MQTTClient, spool: Spool, wanted: [MQTTSubscription], logger: Logger, failed: EventKind) {
        self.client = client
        self.spool = spool
        self.wanted = wanted
        self.logger = logger
        self.failed = failed
    }

    func sessionBegan(resumed: Bool) {
        connection += 1
        failure = "subscribing"
        let current = connection
        Task { @IOThread [weak self] in await self?.reconcile(resumed: resumed, for: current) }
    }

    func sessionEnded() {
        connection += 1
        failure = "no connection to the broker"
    }

    /// Drops every subscription, and takes what the broker still holds for this session.
    ///
    /// The broker answers in order: when nothing came between two answers, with everything acknowledged before the
    /// second question, it has nothing left.
    ///
    /// - Parameter take: commits and acknowledges what has come; returns how many messages that were, ever.
    /// - Throws: ``MQTTError`` when the connection ends; ``SpoolError`` when the spool fails.
    func leave(taking take: @IOThread () -> Int) async throws {
        connection += 1
        failure = "leaving"
        let filters = Set(wanted.map(\.filter)).union(try spool.subscriptions()).sorted()
        try await client.unsubscribe(filters)
        try spool.setSubscriptions([])
        var before = -1
        while true {
            let taken = take()
            if taken == before { return }
            before = taken
            try await client.unsubscribe(filters)
        }
    }

    private func reconcile(resumed: Bool, for current: Int) async {
        while current == connection {
            do {
                let plan = SubscriptionPlan(
                    wanted: wanted, known: resumed ? try spool.subscriptions() : [],
                    repeats: client.version == .v5)
                if !plan.isEmpty { log(plan, resumed: resumed) }
                try await client.subscribe(plan.due)
                try await client.unsubscribe(plan.superfluous)
                try spool.setSubscriptions(Set(wanted.map(\.filter)))
                guard current == connection else { return }
                failure = nil
                onReconciled?()
                return
            } catch {
                guard current == connection else { return }
                failure = "\(error)"
                failed.emit(["error": "\(error)"])
                await EventLoop.sleep(for: .seconds(5))
            }
        }
    }

    private func log(_ plan: SubscriptionPlan, resumed: Bool) {
        logger.info(
            "the subscriptions of the session change",
            metadata: [
                "session": resumed ? "resumed" : "new", "added": "\(plan.missing.map(\.filter))",
                "removed": "\(plan.superfluous)",
            ])
    }
}

/// What to ask the broker for.
struct SubscriptionPlan {
    /// Not in the session yet.
    var missing: [MQTTSubscription]
    /// In the session, and not wanted any more.
    var superfluous: [String]
    /// What to subscribe to now.
    var due: [MQTTSubscription]

    /// - Parameter repeats: subscribe again to what the session is believed to hold. MQTT 5 can do that without being
    ///   sent the retained messages once more; with 3.1.1 they would be stored twice.
    init(wanted: [MQTTSubscription], known: Set<String>, repeats: Bool) {
        missing = wanted.filter { !known.contains($0.filter) }
        superfluous = known.subtracting(wanted.map(\.filter)).sorted()
        due = repeats ? wanted : missing
    }

    var isEmpty: Bool { missing.isEmpty && superfluous.isEmpty }
}
