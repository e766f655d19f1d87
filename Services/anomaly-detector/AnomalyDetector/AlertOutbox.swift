internal import AlertRecords
internal import Alerting
internal import IOLoop
internal import Logging
internal import Model
internal import Observability
internal import Plugins
internal import PostgreSQL

/// Brings transitions to PostgreSQL, to the broker and to webhooks, and knows which have not arrived everywhere.
///
/// The record comes first, since it knows when another instance's alert of the same fingerprint is open. But people are told all the
/// same when it does not answer soon: that a database is away is no reason to keep an alarm to oneself. What has not arrived stays
/// in the series' state, so that the next owner sends it again; each message names itself, so twice is harmless.
///
/// A batch is not acked upstream before its transitions are recorded and told to the broker, for a bounded time, and there is no waiting
/// for who is known to be away.
@IOThread
final class AlertOutbox {
    private struct Waiter {
        var acknowledge: @IOThread () -> Void
        var timer: ScheduledTimer
    }

    private let memory: SeriesMemory
    private let record: any AlertRecording
    private let notifiers: [any Notifier]
    private let isReachable: @IOThread () -> Bool
    private let patience: Duration
    private let metrics: AnomalyDetectorMetrics
    private var parcels: [String: AlertParcel] = [:]
    private var unrecorded: [AlertParcel] = []
    private var queues: [String: NotifierQueue] = [:]
    private var waiters: [BatchIdentity: [Waiter]] = [:]
    private var underWay: [BatchIdentity: Int] = [:]
    private var isRecording = false
    private var isClosed = false

    private static let pageSize = 500
    private static let retry = Duration.milliseconds(500)

    /// - Parameters:
    ///   - notifiers: with different names. A batch waits for the first one only.
    ///   - isReachable: whether it makes sense that a batch waits now.
    ///   - patience: how long the record may take before people are told without it, and a batch before it is acked.
    init(
        memory: SeriesMemory, record: any AlertRecording, notifiers: [any Notifier], patience: Duration,
        metrics: AnomalyDetectorMetrics, isReachable: @escaping @IOThread () -> Bool
    ) {
        self.memory = memory
        self.record = record
        self.notifiers = notifiers
        self.patience = patience
        self.metrics = metrics
        self.isReachable = isReachable
    }

    /// Transitions that have not arrived everywhere.
    var count: Int { parcels.count }

    /// - Parameter batch: that brought them about.
    func add(_ transitions: [AlertTransition], of batch: BatchIdentity? = nil) {
        for transition in transitions where parcels[transition.id] == nil {
            metrics.log(transition)
            let parcel = AlertParcel(transition, of: batch, notifiers: notifiers.map(\.name))
            parcels[transition.id] = parcel
            unrecorded.append(parcel)
            if let batch { underWay[batch, default: 0] += 1 }
        }
        metrics.openTransitions.set(parcels.count)
        startRecording()
    }

    /// What a state of the series that was loaded says has not arrived.
    func resume(_ slot: Int32) { add(memory.book.unsettled(slot: slot)) }

    // MARK: Batches that wait

    func settle(_ batch: BatchIdentity, then acknowledge: @escaping @IOThread () -> Void) {
        guard underWay[batch] != nil else { return acknowledge() }
        guard isReachable() else {
            metrics.alertsDeferred.emit()
            return acknowledge()
        }
        let timer = EventLoop.schedule(after: patience) { [weak self] in
            self?.metrics.alertsDeferred.emit()
            self?.release(batch)
        }
        waiters[batch, default: []].append(Waiter(acknowledge: acknowledge, timer: timer))
    }

    /// Lets all waiting batches go: somebody that they wait for has gone away.
    func releaseAll() {
        for batch in waiters.keys { release(batch) }
    }

    private func release(_ batch: BatchIdentity) {
        for waiter in waiters.removeValue(forKey: batch) ?? [] {
            waiter.timer.cancel()
            waiter.acknowledge()
        }
    }

    /// Waits until nothing is under way to whoever can be reached.
    ///
    /// - Returns: how many transitions have not arrived everywhere, after `limit`. The next owner sends them.
    func finish(within limit: Duration) async -> Int {
        let deadline = ContinuousClock.now + limit
        while parcels.values.contains(where: holdsUp), isReachable(), .now < deadline {
            await EventLoop.sleep(for: .milliseconds(10))
        }
        return parcels.count
    }

    /// Nothing more is told from here.
    func close() async {
        isClosed = true
        for queue in queues.values { await queue.close() }
    }

    // MARK: The record

    private func startRecording() {
        guard !isRecording, !unrecorded.isEmpty else { return }
        isRecording = true
        IOThread.task { await self.recordAll() }
    }

    private func recordAll() async {
        while !unrecorded.isEmpty, !isClosed {
            let page = Array(unrecorded.prefix(Self.pageSize))
            if await recordPage(page) {
                unrecorded.removeFirst(page.count)
            } else {
                // In order, so that nobody hears the end of an alert before its beginning.
                for parcel in unrecorded { tell(parcel) }
                await EventLoop.sleep(for: Self.retry)
            }
        }
        isRecording = false
    }

    private func recordPage(_ page: [AlertParcel]) async -> Bool {
        let impatience = EventLoop.schedule(after: patience) { for parcel in page { self.tell(parcel) } }
        defer { impatience.cancel() }
        do {
            let outcomes = try await record.store(page.map(\.transition))
            for (parcel, outcome) in zip(page, outcomes) { take(outcome, parcel) }
            return true
        } catch  where error.isAboutData {
            return await recordOneByOne(page, error)
        } catch {
            metrics.alertsUnrecorded.emit(["why": "\(error)"])
            return false
        }
    }

    /// Something in it will never be taken. That is told and not recorded, and holds up nobody else.
    private func recordOneByOne(_ page: [AlertParcel], _ error: any Error) async -> Bool {
        guard page.count == 1 else {
            for parcel in page where parcel.isOpen(at: .record) {
                guard await recordPage([parcel]) else { return false }
            }
            return true
        }
        metrics.alertsRefused.emit(["notifier": "PostgreSQL", "why": "\(error)"])
        page[0].arrived(at: .record)
        tell(page[0])
        look(at: page[0])
        return true
    }

    private func take(_ outcome: AlertOutcome, _ parcel: AlertParcel) {
        switch outcome {
        case .stored, .known:
            parcel.arrived(at: .record)
            tell(parcel)
        case .superseded(let other, let ordinal):
            metrics.supersededAlerts.add(1)
            let transition = parcel.transition
            if let slot = memory.slot(of: transition.fingerprint.series) {
                memory.book.yield(transition.alertID, to: other, ordinal: ordinal, slot: slot)
                memory.markDirty(slot)
            }
            parcel.withdraw()
        }
        look(at: parcel)
    }

    // MARK: Notifiers

    private func tell(_ parcel: AlertParcel) {
        for notifier in notifiers where parcel.isOpen(at: .notifier(notifier.name)) {
            let queue =
                queues[notifier.name]
                ?? NotifierQueue(notifier, metrics: metrics) { [weak self] parcel in
                    self?.arrived(parcel, at: notifier.name)
                }
            queues[notifier.name] = queue
            queue.add(parcel)
        }
    }

    private func arrived(_ parcel: AlertParcel, at notifier: String) {
        parcel.arrived(at: .notifier(notifier))
        look(at: parcel)
    }

    /// Whether it has arrived where it is to.
    private func look(at parcel: AlertParcel) {
        if let batch = parcel.batch, holdsUp(parcel) == false { letGo(parcel, of: batch) }
        guard parcel.open.isEmpty, parcels.removeValue(forKey: parcel.transition.id) != nil else { return }
        metrics.openTransitions.set(parcels.count)
        guard let slot = memory.slot(of: parcel.transition.fingerprint.series) else { return }
        memory.book.settle([parcel.transition.id], slot: slot)
        memory.markDirty(slot)
    }

    /// A webhook that is tried for an hour holds up nobody.
    private func holdsUp(_ parcel: AlertParcel) -> Bool {
        guard !parcel.isOpen(at: .record) else { return true }
        return notifiers.first.map { parcel.isOpen(at: .notifier($0.name)) } ?? false
    }

    private func letGo(_ parcel: AlertParcel, of batch: BatchIdentity) {
        guard parcel.countsForBatch else { return }
        parcel.countsForBatch = false
        underWay[batch, default: 1] -= 1
        guard underWay[batch] == 0 else { return }
        underWay[batch] = nil
        release(batch)
    }
}

extension Error {
    /// Whether the same would be refused however often it is given.
    fileprivate var isAboutData: Bool {
        if self is UnreadableAlertRecord { return true }
        guard let state = (self as? PostgreSQLError)?.sqlState else { return false }
        return state.hasPrefix("22") || state.hasPrefix("23") || state == "54000"
    }
}
