public import Model

/// What time alone brings about.
extension AlertMachine {
    /// Nothing was read; the wall clock went on.
    ///
    /// - Parameter now: the wall clock. One that went back is taken as standing still.
    public mutating func tick(_ now: Timestamp, into transitions: inout [AlertTransition]) {
        guard state != .resolved else { return }
        let deadline = lastBreach.plus(awaitsReading ? timing.unheardFor : hold)
        if projected(now) >= deadline, deadline < .max {
            expire(deadline, &transitions)
        } else if isReminderDue(at: now) {
            let sentence = "still firing after \(words(since: openedAt, at: projected(now))): \(why)"
            emit(.reminded, to: .firing, at: now.microseconds, sentence, .told, nil, &transitions)
        }
    }

    /// The time of a reading that would come now.
    func projected(_ now: Timestamp) -> Int64 {
        newest.plus(max(0, now.microseconds.minus(heardAt)))
    }

    /// Only a reading can say that it is over.
    private var awaitsReading: Bool { isInBreach && !timing.isEvent }

    private mutating func expire(_ time: Int64, _ transitions: inout [AlertTransition]) {
        let time = max(time, newest)
        let silence = words(since: newest, at: time)
        let sentence =
            awaitsReading
            ? "nothing was heard for \(silence): whether it is still so is not known"
            : "no anomaly for \(words(since: lastBreach, at: time)), and no reading in the last \(silence) of them"
        guard state == .pending else { return end(.expired, at: time, sentence, &transitions) }
        emit(.expired, to: .resolved, at: time, sentence, .quiet(.pending), nil, &transitions)
    }
}
