public import Detectors
public import Model
public import Plugins

/// Several detectors over the same series, in order, each for the series in its scope.
///
/// It decides once for each series who watches it, when the series gets its slot; nothing is matched per reading. All calls come
/// from one thread.
public final class DetectorChain {
    public struct Member {
        public let detector: any Detector
        public let scope: SeriesScope

        public init(_ detector: any Detector, for scope: SeriesScope = .everything) {
            self.detector = detector
            self.scope = scope
        }
    }

    /// Detectors in one chain: a series remembers who watches it in as many bits.
    public static let limit = 64

    public let members: [Member]
    /// Those that fail. One in quarantine is left out: readings go on without its judgement.
    public private(set) var troubles = PluginTroubles()
    /// Those that look at the clock, and their places among the members.
    private let silences: [(index: Int, detector: MissingReadings)]
    /// Those of devices as a whole, a bit each, and their names.
    private let deviceWide: UInt64
    private let deviceWideNames: Set<String>
    /// Of each slot, who has a state of it.
    private var watchers: [UInt64] = []
    /// Of each series, those of devices that hear it.
    private var listeners: [UInt64] = []

    /// - Precondition: no more than ``limit`` members, with different names.
    public init(_ members: [Member]) {
        precondition(members.count <= Self.limit, "\(members.count) detectors; \(Self.limit) are the most")
        precondition(Set(members.map(\.detector.name)).count == members.count, "two detectors have the same name")
        self.members = members
        silences = members.enumerated().compactMap { index, member in
            (member.detector as? MissingReadings).map { (index, $0) }
        }
        let devices = members.indices.filter { members[$0].detector is any DeviceDetector }
        deviceWide = devices.reduce(0) { $0 | 1 << UInt64($1) }
        deviceWideNames = Set(devices.map { members[$0].detector.name })
    }

    /// Slots 0..<count will be used.
    public func reserveSlots(_ count: Int) {
        guard count > watchers.count else { return }
        watchers.append(contentsOf: repeatElement(0, count: count - watchers.count))
        listeners.append(contentsOf: repeatElement(0, count: count - listeners.count))
        for member in members { member.detector.reserveSlots(count) }
    }

    /// The slot is for this series from now on.
    public func assign(_ slot: Int, device: String, sensor: String) {
        var all: UInt64 = 0
        for (index, member) in members.enumerated() where member.scope.contains(device: device, sensor: sensor) {
            all |= 1 << UInt64(index)
        }
        (watchers[slot], listeners[slot]) = (all & ~deviceWide, all & deviceWide)
    }

    /// The slot is for this device as a whole from now on: a series without readings, which those watch that look at the clock or at
    /// whole devices.
    public func assign(_ slot: Int, wholeDevice device: String) {
        (watchers[slot], listeners[slot]) = (0, 0)
        for (index, _) in silences where members[index].scope.contains(device: device, sensor: "") {
            watchers[slot] |= 1 << UInt64(index)
        }
        for (index, member) in members.enumerated() where isDeviceWide(index) && member.scope.contains(device: device) {
            watchers[slot] |= 1 << UInt64(index)
        }
    }

    private func isDeviceWide(_ index: Int) -> Bool { deviceWide & (1 << UInt64(index)) != 0 }

    /// Whether somebody judges devices as a whole by their readings.
    public var judgesDevices: Bool { deviceWide != 0 }

    /// Whether somebody has a state of devices as a whole.
    public var watchesDevices: Bool { watchesSilences || judgesDevices }

    /// Whether what a detector finds is of devices as a whole.
    public func judgesDevices(_ detector: String) -> Bool { deviceWideNames.contains(detector) }

    /// Whether somebody looks at the clock for any series.
    public var watchesSilences: Bool { !silences.isEmpty }

    /// The first of those that look at the clock.
    public var anySilence: MissingReadings? { silences.first?.detector }

    /// Who looks at the clock for the slot: the first one that is to.
    public func silence(_ slot: Int) -> MissingReadings? {
        silences.first { watches($0.index, slot) }?.detector
    }

    /// Forgets what was learnt of the slot.
    public func reset(_ slot: Int) {
        for member in members { member.detector.reset(slot: slot) }
    }

    /// Lets each detector score and learn its own series of the batch.
    ///
    /// - Parameters:
    ///   - devices: the same with the slots of the series' devices, and with what these are to learn; nil where nobody judges devices.
    ///   - now: read only when a detector fails or has failed.
    ///   - onEvent: called for a detector that threw, and for what comes of that. It stops neither the others nor the readings.
    public func detect(
        _ input: DetectorInput, ofDevices devices: DetectorInput? = nil, at now: @autoclosure () -> Timestamp = .now(),
        onEvent: (PluginEvent) -> Void
    ) -> DetectorFindings {
        var findings = DetectorFindings(rows: input.batch.count)
        // What a gateway found out stands, unless a detector here finds more.
        if !input.batch.anomalyScore.isEmpty { findings.scores = input.batch.anomalyScore }
        for index in members.indices {
            let whole = isDeviceWide(index) ? devices : input
            guard let own = whole.flatMap({ narrowed($0, to: index, input.slots) }) else { continue }
            let detector = members[index].detector
            if !troubles.isEmpty, troubles.remaining(detector.name, at: now()) != nil {
                findings.unjudged.insert(detector.name)
                continue
            }
            do {
                try detector.detect(own, into: &findings)
                if !troubles.isEmpty, let event = troubles.worked(detector.name) { onEvent(event) }
            } catch {
                findings.unjudged.insert(detector.name)
                let failure = PluginError(error, of: detector.name)
                onEvent(.failed(failure))
                if let event = troubles.failed(failure, at: now()) { onEvent(event) }
            }
        }
        return findings
    }

    /// A quarantine that runs gets no longer than these allow.
    public func use(_ limits: PluginQuarantine.Limits) { troubles.use(limits) }

    /// Nil when none of the series is the detector's.
    ///
    /// - Parameter slots: of the series.
    private func narrowed(_ input: DetectorInput, to index: Int, _ slots: [Int32]) -> DetectorInput? {
        guard !members[index].scope.isEverything else { return input }
        var own = input
        var watchesAny = false
        for series in slots.indices {
            let slot = Int(slots[series])
            if (watchers[slot] | listeners[slot]) & (1 << UInt64(index)) != 0 {
                watchesAny = true
            } else {
                own.learning[series] = .ignore
            }
        }
        return watchesAny ? own : nil
    }

    private func watches(_ index: Int, _ slot: Int) -> Bool { watchers[slot] & (1 << UInt64(index)) != 0 }

    private func watching(_ slot: Int) -> [any Detector] {
        members.indices.filter { watches($0, slot) }.map { members[$0].detector }
    }

    /// The state of each detector that watches the slot, by its name.
    public func exportStates(_ slot: Int) -> [(detector: String, state: [UInt8])] {
        watching(slot).map { ($0.name, $0.exportState(slot: slot)) }
    }

    /// Takes states back. A detector without one begins anew.
    ///
    /// - Returns: why states were refused.
    public func importStates(_ states: [(detector: String, state: [UInt8])], _ slot: Int) -> [any Error] {
        var refusals: [any Error] = []
        for detector in watching(slot) {
            do {
                if let saved = states.first(where: { $0.detector == detector.name }) {
                    try detector.importState(saved.state, slot: slot)
                } else {
                    detector.reset(slot: slot)
                }
            } catch {
                refusals.append(error)
            }
        }
        return refusals
    }

    /// Lets each detector do a little of what imported states still need.
    ///
    /// - Returns: whether more is left.
    public func catchUp() -> Bool {
        members.reduce(false) { isLeft, member in member.detector.catchUp() || isLeft }
    }

    /// Lets one detector do what an imported state of the slot still needs.
    ///
    /// - Returns: whether there was one; there may be another.
    public func catchUp(_ slot: Int) -> Bool {
        members.indices.contains { watches($0, slot) && members[$0].detector.catchUp(slot: slot) }
    }

    /// What each detector does with the slot, for those that watch it.
    public func phases(_ slot: Int) -> [(detector: String, phase: DetectorPhase)] {
        watching(slot).map { ($0.name, $0.phase(slot: slot)) }
    }

    /// The figures of the first detector that keeps any.
    public func summary(_ slot: Int) -> SeriesSummary? {
        watching(slot).lazy.compactMap { $0.summary(slot: slot) }.first
    }
}
