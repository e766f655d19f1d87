internal import Model

/// The alerts of all series of one owner.
///
/// Series are known by the slots that the host gives them, as detectors know them. A series without an alert costs one comparison a
/// reading and four bytes. All calls come from one thread, with the wall clock as the host reads it.
///
/// **Twice is once.** What a batch brings about depends on its readings alone, down to the ids. A transition stays with its series,
/// and in the series' checkpoint, until the host says with ``settle(_:slot:)`` that it is stored.
public struct AlertBook: Sendable {
    /// By the detector's name in the configuration.
    public var policies: [String: AlertPolicy] { didSet { bindPolicies() } }
    /// Of detectors without one.
    public var otherwise: AlertPolicy { didSet { bindPolicies() } }
    /// Whether ``silences`` are those in force. Until then what a silence kept back stays so.
    public var knowsSilences = true
    var muting = AlertMuting()
    /// The place in `open` of each slot, or -1.
    private(set) var places: [Int32] = []
    /// In no order.
    var open: [SeriesAlerts] = []

    public init(policies: [String: AlertPolicy] = [:], otherwise: AlertPolicy = .condition) {
        self.policies = policies
        self.otherwise = otherwise
    }

    /// Alerts that are open, and those that were so shortly before.
    public var alerts: [AlertMachine] { open.flatMap(\.machines) }

    func policy(of detector: String) -> AlertPolicy { policies[detector] ?? otherwise }

    /// Whether a reading of the series has to be taken though nothing was found in it.
    @inline(__always)
    public func isWatched(slot: Int32) -> Bool {
        // Unsigned: a slot below 0 is beyond all others.
        UInt32(bitPattern: slot) < UInt32(truncatingIfNeeded: places.count) && places[Int(slot)] >= 0
    }

    /// Whether a detector's alert of the series is open, and nothing was heard that speaks against it.
    public func isInBreach(_ detector: String, slot: Int32) -> Bool {
        guard let place = place(ofSlot: slot), let index = open[place].index(of: detector) else { return false }
        return open[place].machines[index].state != .resolved && open[place].machines[index].isInBreach
    }

    func place(ofSlot slot: Int32) -> Int? {
        isWatched(slot: slot) ? Int(places[Int(slot)]) : nil
    }

    /// The place of a series, which from now on has one.
    mutating func makePlace(_ name: SensorName, slot: Int32) -> Int {
        if let place = place(ofSlot: slot) { return place }
        let missing = Int(slot) + 1 - places.count
        if missing > 0 { places.append(contentsOf: repeatElement(-1, count: missing)) }
        places[Int(slot)] = Int32(open.count)
        open.append(SeriesAlerts(name, slot: slot))
        return open.count - 1
    }

    /// Gives up a place; the last one moves there.
    mutating func removePlace(_ place: Int) {
        places[Int(open[place].slot)] = -1
        open.swapAt(place, open.count - 1)
        open.removeLast()
        if place < open.count { places[Int(open[place].slot)] = Int32(place) }
    }

    private mutating func bindPolicies() {
        for place in open.indices {
            for index in open[place].machines.indices {
                open[place].machines[index].policy = policy(of: open[place].machines[index].fingerprint.detector)
            }
        }
        noteSources()
    }
}
