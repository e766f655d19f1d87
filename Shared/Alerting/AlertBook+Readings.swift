public import Model

extension AlertBook {
    /// Takes a batch: its anomalies, and the readings of series that have an alert.
    ///
    /// - Parameters:
    ///   - anomalies: what this owner's detectors found, and what goes on of what they found before, in ascending order of rows.
    ///   - slots: of each entry of `batch.series`; below 0 for a series that has taken this batch before.
    ///   - unjudged: detectors that have not looked at the batch; their alerts stay as they are.
    ///   - transitions: gets what came of it.
    /// - Precondition: a slot for each series.
    public mutating func take(
        _ anomalies: [Anomaly], of batch: ReadingBatch, slots: [Int32], unjudged: Set<String> = [], now: Timestamp,
        into transitions: inout [AlertTransition]
    ) {
        precondition(slots.count == batch.series.count, "\(slots.count) slots for \(batch.series.count) series")
        guard !anomalies.isEmpty || !open.isEmpty else { return }
        var next = 0
        for row in batch.seriesIndex.indices {
            let slot = slots[Int(batch.seriesIndex[row])]
            let first = next
            while next < anomalies.count, anomalies[next].row <= row { next += 1 }
            guard slot >= 0, first < next || isWatched(slot: slot) else { continue }
            take(anomalies[first..<next], batch, row, slot, unjudged, now, &transitions)
        }
    }

    private mutating func take(
        _ found: ArraySlice<Anomaly>, _ batch: ReadingBatch, _ row: Int, _ slot: Int32, _ unjudged: Set<String>,
        _ now: Timestamp, _ transitions: inout [AlertTransition]
    ) {
        let reading = AlertReading(
            timestamp: Timestamp(microseconds: batch.timestamp[row]),
            receivedAt: Timestamp(microseconds: batch.receivedAt[row]), now: now)
        if let place = place(ofSlot: slot) { clear(place, except: found, unjudged, reading, &transitions) }
        for anomaly in found {
            let place = place(ofSlot: slot) ?? makePlace(SensorName(of: batch.series(ofRow: row)), slot: slot)
            let index = machine(place, of: anomaly.detector)
            // An id costs more than all the rest, and what is open has one.
            let state = open[place].machines[index].state
            let eventID = state == .resolved ? batch.eventID(ofRow: row) : ""
            let subject = state.isActive ? nil : AlertSubject(batch, row: row)
            breach(place, index, anomaly, eventID, subject, reading, &transitions)
        }
        if let place = place(ofSlot: slot), open[place].isOver { removePlace(place) }
    }

    /// Takes what a detector found by looking at the clock, such as a series that is silent: an ``AnomalyKind/absence``. No other
    /// detector's alert learns of it. Any reading of the series ends it, or nil here.
    ///
    /// - Parameters:
    ///   - anomaly: nil when it found nothing (any more). Its row means nothing.
    ///   - eventID: names what was found for ever, as an event id names a reading; for a silence: its beginning.
    public mutating func take(
        _ anomaly: Anomaly?, of detector: String, _ series: SensorName, slot: Int32, eventID: String, now: Timestamp,
        into transitions: inout [AlertTransition]
    ) {
        let reading = AlertReading(now: now)
        if let anomaly {
            let place = makePlace(series, slot: slot)
            let index = machine(place, of: detector)
            breach(place, index, anomaly, eventID, nil, reading, &transitions)
        } else if let place = place(ofSlot: slot), let index = open[place].index(of: detector) {
            clear(place, index, reading, &transitions)
            if open[place].isOver { removePlace(place) }
        }
    }

    private mutating func clear(
        _ place: Int, except found: ArraySlice<Anomaly>, _ unjudged: Set<String>, _ reading: AlertReading,
        _ transitions: inout [AlertTransition]
    ) {
        // Backwards: an alert that is over gives up its index.
        for index in open[place].machines.indices.reversed() {
            guard found.isEmpty || !open[place].isAmong(found, index) else { continue }
            if !unjudged.isEmpty, unjudged.contains(open[place].machines[index].fingerprint.detector) { continue }
            clear(place, index, reading, &transitions)
        }
    }

    private mutating func clear(
        _ place: Int, _ index: Int, _ reading: AlertReading, _ transitions: inout [AlertTransition]
    ) {
        let before = transitions.count
        let isOver = open[place].clear(index, reading, &transitions)
        record(place, index, transitions: &transitions, from: before, now: reading.now)
        if isOver { open[place].machines.remove(at: index) }
    }

    private mutating func breach(
        _ place: Int, _ index: Int, _ anomaly: Anomaly, _ eventID: String, _ subject: AlertSubject?,
        _ reading: AlertReading, _ transitions: inout [AlertTransition]
    ) {
        let before = transitions.count
        open[place].machines[index].take(
            anomaly, eventID: eventID, subject: subject, at: reading, into: &transitions)
        record(place, index, transitions: &transitions, from: before, now: reading.now)
    }

    private mutating func machine(_ place: Int, of detector: String) -> Int {
        if let known = open[place].index(of: detector) { return known }
        let fingerprint = AlertFingerprint(series: open[place].name, detector: detector)
        open[place].machines.append(AlertMachine(fingerprint, policy: policy(of: detector)))
        return open[place].machines.count - 1
    }
}
