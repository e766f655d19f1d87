public import Plugins

/// A detector with a state of each slot, in one buffer.
public protocol SlotDetector: Detector {
    associatedtype State: SeriesState
    /// By slot.
    var states: [State] { get set }
}

/// What a detector knows of one series.
public protocol SeriesState {
    /// Of a series never seen.
    init()
    /// The checkpoint's form; begins with a version.
    var encoded: [UInt8] { get }
    /// Nil for anything but what ``encoded`` gives, impossible numbers included.
    init?(decoding bytes: [UInt8])
}

extension SlotDetector {
    public func reserveSlots(_ count: Int) {
        guard count > states.count else { return }
        states.append(contentsOf: repeatElement(State(), count: count - states.count))
    }

    public func reset(slot: Int) { states[slot] = State() }

    public func exportState(slot: Int) -> [UInt8] { states[slot].encoded }

    public func importState(_ state: [UInt8], slot: Int) throws {
        try takeBack(state, slot: slot)
    }

    /// What ``importState(_:slot:)`` does, for those that do more.
    ///
    /// - Throws: ``PluginError``; the slot is then as after ``reset(slot:)``.
    func takeBack(_ state: [UInt8], slot: Int) throws(PluginError) {
        states[slot] = State()
        guard let decoded = State(decoding: state) else { throw .unreadable(state, of: name) }
        states[slot] = decoded
    }

    public func summary(slot: Int) -> SeriesSummary? { nil }
}

extension PluginError {
    static func unreadable(_ state: [UInt8], of detector: String) -> PluginError {
        PluginError(
            plugin: detector, what: "cannot read a state of \(state.count) bytes: it is not of this version",
            isRetriable: false)
    }
}
