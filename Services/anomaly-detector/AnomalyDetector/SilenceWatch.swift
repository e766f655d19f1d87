internal import Alerting
internal import DetectorCatalog
internal import Detectors
internal import IOLoop
internal import Model
internal import Plugins

/// Looks at the clock for series, devices and the stream as a whole of which nothing is heard.
///
/// Silence counts only while somebody listens: not while this instance was not there, while the broker or a neighbour is away, or
/// while nothing comes from anybody. And it is the fault of the smallest thing that can explain it: a series is missing when its device was
/// heard meanwhile, a device when others were, and when nobody was it is one alert, of the broker.
@IOThread
final class SilenceWatch {
    typealias Instant = ContinuousClock.Instant

    /// What alerts on the broker, and on everybody's silence, are of.
    static let broker = SensorName(device: "$broker", sensor: "")

    private let memory: SeriesMemory
    let partition: Partition
    private let minimum = Duration.seconds(10)
    private var stream = StreamPulse()
    private var listeningSince: Instant
    private var brokerAwaySince: Instant?
    private var lastLook: Instant?
    /// Those that are missing, and were said to be.
    private var missing: Set<Int32> = []

    init(_ memory: SeriesMemory, partitions: PartitionCount, now: Instant = .now) {
        self.memory = memory
        partition = Partition(device: Self.broker.device, of: partitions)
        listeningSince = now
    }

    // MARK: What is heard

    /// Readings came, of these series.
    func heard(
        _ batch: ReadingBatch, slots: [Int32], at now: Instant, wall: Timestamp,
        into transitions: inout [AlertTransition]
    ) {
        guard memory.chain.watchesSilences, batch.count > 0 else { return }
        // Everybody gets the time that is theirs, from here on.
        if stream.beat(at: now) == .afterSilence { listeningSince = now }
        end(Self.broker, wall, &transitions)
        hear(batch, slots: slots, at: now, wall: wall, into: &transitions) { _ in true }
    }

    /// Readings that came before, to whoever had the partition then: they say nothing of the stream as it is now.
    /// A series, or a device, that had taken them already may have fallen silent since.
    func hearAgain(
        _ batch: ReadingBatch, slots: [Int32], at now: Instant, wall: Timestamp,
        into transitions: inout [AlertTransition]
    ) {
        guard memory.chain.watchesSilences, batch.count > 0 else { return }
        hear(batch, slots: slots, at: now, wall: wall, into: &transitions) { [memory] in
            memory.entries[Int($0)].lastLearning == .learn
        }
    }

    private func hear(
        _ batch: ReadingBatch, slots: [Int32], at now: Instant, wall: Timestamp,
        into transitions: inout [AlertTransition], isNews: (Int32) -> Bool
    ) {
        memory.hear(batch, slots: slots)
        for slot in Set(slots) where isNews(slot) {
            missing.remove(slot)
            let device = memory.entries[Int(slot)].device
            guard device >= 0, isNews(device), missing.remove(device) != nil || memory.book.isWatched(slot: device)
            else { continue }
            mayGiveTime(device, now, wall, &transitions)
            end(device, wall, &transitions)
        }
    }

    /// A device that is back explains why its series were silent. Those that have not spoken yet get their time anew.
    private func mayGiveTime(_ device: Int32, _ now: Instant, _ wall: Timestamp, _ transitions: inout [AlertTransition])
    {
        guard let detector = memory.chain.silence(Int(device)), memory.book.isInBreach(detector.name, slot: device)
        else { return }
        for slot in memory.known where memory.entries[Int(slot)].device == device {
            memory.touch(slot, at: now)
            if missing.remove(slot) != nil || memory.book.isWatched(slot: slot) { end(slot, wall, &transitions) }
        }
    }

    /// A device said how it is. Its word counts at once.
    func heard(
        _ change: PresenceChange, slot: Int32, wall: Timestamp, into transitions: inout [AlertTransition]
    ) {
        guard let detector = memory.chain.silence(Int(slot)) else { return }
        let word: GapState.Word = change.status == "offline" ? .offline : .online
        guard detector.hear(slot: Int(slot), word, at: change.at) else { return }
        memory.markDirty(slot)
        guard word == .offline else {
            missing.remove(slot)
            return end(slot, wall, &transitions)
        }
        let anomaly = detector.anomaly(because: "the presence message of \(change.device) says that it is offline")
        memory.book.take(
            anomaly, of: detector.name, memory.entries[Int(slot)].name, slot: slot,
            eventID: "offline-\(change.device)-\(change.at.microseconds)", now: wall, into: &transitions)
        missing.insert(slot)
    }

    // MARK: What is not

    /// Once a second.
    ///
    /// - Parameters:
    ///   - isListening: whether readings can come in and go on.
    ///   - brokerAway: why the broker is away; nil: it is there.
    ///   - isOwned: whether a partition is this instance's.
    func look(
        at now: Instant, wall: Timestamp, isListening: Bool, brokerAway: String?, isOwned: (Partition) -> Bool,
        into transitions: inout [AlertTransition]
    ) {
        guard memory.chain.watchesSilences else { return }
        // Nor while this process stood still, and what came meanwhile has not been worked on.
        if let lastLook, now - lastLook > .seconds(3) { listeningSince = now }
        lastLook = now
        look(brokerAway, now, wall, isOwned, &transitions)
        guard isListening, brokerAway == nil else {
            listeningSince = now
            return
        }
        let silent = silent(at: now, isOwned)
        guard !silent.isEmpty else { return }
        // With one device there is nobody else to be heard.
        let isAlone = deviceCount < 2
        for isDevice in [true, false] {
            for slot in silent where memory.entries[Int(slot.slot)].isWholeDevice == isDevice {
                mayRaise(slot, isAlone: isAlone, wall, &transitions)
            }
        }
    }

    private func look(
        _ brokerAway: String?, _ now: Instant, _ wall: Timestamp, _ isOwned: (Partition) -> Bool,
        _ transitions: inout [AlertTransition]
    ) {
        guard isOwned(partition), let detector = memory.chain.anySilence else { return }
        if let brokerAway {
            let since = brokerAwaySince ?? now
            brokerAwaySince = since
            guard now - since >= minimum else { return }
            let why = "the broker cannot be reached for \((now - since).words): \(brokerAway)"
            return raise(
                Self.broker, detector.anomaly(because: why, seconds: (now - since) / .seconds(1)), since: now - since,
                wall, &transitions)
        }
        if brokerAwaySince != nil { end(Self.broker, wall, &transitions) }
        brokerAwaySince = nil
        let devices = deviceCount
        let since = max(stream.last ?? now, listeningSince)
        let silence = now - since
        guard devices > 1, let limit = stream.limit(detector.configuration), silence > limit else { return }
        let why = "no reading of any of \(devices) devices came for \(silence.words) (limit \(limit.words))"
        raise(
            Self.broker, detector.anomaly(because: why, seconds: silence / .seconds(1)), since: silence, wall,
            &transitions)
    }

    private struct Silent {
        var slot: Int32
        var detector: MissingReadings
        var since: Instant
        var silence: Duration
        var limit: Duration
    }

    private func silent(at now: Instant, _ isOwned: (Partition) -> Bool) -> [Silent] {
        memory.known.compactMap { slot in
            let entry = memory.entries[Int(slot)]
            let since = max(entry.lastSeen, listeningSince)
            guard now - since >= .seconds(1), !missing.contains(slot), let detector = memory.chain.silence(Int(slot)),
                let limit = detector.limit(slot: Int(slot)).map({ Duration.microseconds($0) }), now - since > limit,
                isOwned(entry.partition)
            else { return nil }
            return Silent(slot: slot, detector: detector, since: since, silence: now - since, limit: limit)
        }
    }

    /// Raises it when something above it was heard in the second half of its time.
    private func mayRaise(_ silent: Silent, isAlone: Bool, _ wall: Timestamp, _ transitions: inout [AlertTransition]) {
        let entry = memory.entries[Int(silent.slot)]
        let evidence = silent.since + silent.limit / 2
        if entry.isWholeDevice {
            guard stream.last ?? silent.since >= evidence || isAlone else { return }
        } else if entry.device >= 0, memory.chain.silence(Int(entry.device)) != nil {
            guard memory.entries[Int(entry.device)].lastSeen >= evidence || missing.contains(entry.device) else {
                return
            }
        } else {
            // Nobody watches its device.
            guard stream.last ?? silent.since >= evidence || isAlone else { return }
        }
        let name = entry.isWholeDevice ? "device \(entry.name.device)" : "\(entry.name.device)/\(entry.name.sensor)"
        let anomaly = silent.detector.anomaly(
            name, slot: Int(silent.slot), silence: Int64(silent.silence / .microseconds(1)))
        raise(silent.slot, silent.detector, anomaly, since: silent.silence, wall, &transitions)
    }

    private var deviceCount: Int {
        memory.known.count { memory.entries[Int($0)].isWholeDevice && memory.entries[Int($0)].name != Self.broker }
    }

    // MARK: Alerts

    private func raise(
        _ name: SensorName, _ anomaly: Anomaly, since silence: Duration, _ wall: Timestamp,
        _ transitions: inout [AlertTransition]
    ) {
        guard let slot = memory.slot(of: name), let detector = memory.chain.anySilence else { return }
        guard missing.insert(slot).inserted else { return }
        raise(slot, detector, anomaly, since: silence, wall, &transitions)
    }

    private func raise(
        _ slot: Int32, _ detector: MissingReadings, _ anomaly: Anomaly, since silence: Duration, _ wall: Timestamp,
        _ transitions: inout [AlertTransition]
    ) {
        missing.insert(slot)
        let name = memory.entries[Int(slot)].name
        let began = wall.advanced(by: .zero - silence).microseconds
        let sensor = name.sensor.isEmpty ? "" : "-\(name.sensor)"
        memory.book.take(
            anomaly, of: detector.name, name, slot: slot, eventID: "silent-\(name.device)\(sensor)-\(began)", now: wall,
            into: &transitions)
    }

    private func end(_ name: SensorName, _ wall: Timestamp, _ transitions: inout [AlertTransition]) {
        guard let slot = memory.slot(of: name), missing.remove(slot) != nil || memory.book.isWatched(slot: slot) else {
            return
        }
        end(slot, wall, &transitions)
    }

    private func end(_ slot: Int32, _ wall: Timestamp, _ transitions: inout [AlertTransition]) {
        // The broker's is of whichever detector is the first.
        guard let detector = memory.chain.silence(Int(slot)) ?? memory.chain.anySilence else { return }
        memory.book.take(
            nil, of: detector.name, memory.entries[Int(slot)].name, slot: slot, eventID: "", now: wall,
            into: &transitions)
    }

    // MARK: What is no longer waited for

    /// The series and devices of which nothing was heard for so long that nobody waits for them.
    func givenUp(at wall: Timestamp) -> [Int32] {
        memory.known.filter { slot in
            guard let detector = memory.chain.silence(Int(slot)), missing.contains(slot) else { return false }
            return detector.isGone(slot: Int(slot), at: wall)
        }
    }

    /// The slot is no longer of what it was.
    func forget(_ slot: Int32) { missing.remove(slot) }
}
