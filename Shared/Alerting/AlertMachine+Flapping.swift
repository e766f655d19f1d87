internal import Model

/// What comes and goes.
extension AlertMachine {
    /// Remembers a change, and those before it that are within the window.
    mutating func change(at time: Int64) {
        changes.removeAll { time.minus($0) >= timing.flapWindow }
        if changes.count == Self.changesKept { changes.removeFirst() }
        changes.append(time)
    }

    /// A flapping alert that has been in breach all the time just fires.
    mutating func maySteady(_ time: Int64, _ transitions: inout [AlertTransition]) {
        guard isFlapping, time.minus(flippedAt) >= timing.steadyFor else { return }
        isFlapping = false
        changes = []
        let sentence = "steady for \(words(since: flippedAt, at: time)): no longer flapping"
        emit(.steadied, to: state, at: time, sentence, .quiet(.known), nil, &transitions)
    }

    var flapWords: String {
        let window = Duration.microseconds(timing.flapWindow).words
        let steady = Duration.microseconds(timing.steadyFor).words
        return "flapping: \(changes.count) changes within \(window), and quiet until steady for \(steady)"
    }
}
