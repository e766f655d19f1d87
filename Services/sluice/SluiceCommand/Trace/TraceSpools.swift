import FoundationEssentials
import Model
import Spool

/// What waits in the spools of a data directory.
struct TraceSpools {
    let directory: DataDirectory

    /// All that fits of an event, else the newest of each sensor.
    ///
    /// - Throws: ``SpoolError``; a batch that is damaged is passed over.
    func find(_ subject: TraceSubject) throws -> [Trace] {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: directory.spools)) ?? []
        var found: [Trace] = []
        for file in files.sorted() where file.hasSuffix(".sqlite") {
            let reader = try SpoolReader(path: "\(directory.spools)/\(file)")
            if let event = subject.event, event.identity.producer != reader.producer { continue }
            found += try find(subject, in: reader, file)
        }
        return found
    }

    private func find(_ subject: TraceSubject, in reader: SpoolReader, _ file: String) throws -> [Trace] {
        var found: [Trace] = []
        var batches = SpooledBatches(reader)
        var ahead = 0
        while let next = try batches.next() {
            if let batch = next.batch, subject.event.map({ $0.identity.sequence == next.sequence }) ?? true {
                let place = Trace.SpoolPlace(
                    file: file, sequence: next.sequence, spooledAt: next.spooledAt.iso8601, ahead: ahead)
                found += traces(of: subject, in: batch, at: place)
                if subject.event == nil { found = Trace.chosen(found) }
            }
            ahead += 1
        }
        return found
    }

    private func traces(of subject: TraceSubject, in batch: ReadingBatch, at place: Trace.SpoolPlace) -> [Trace] {
        let wanted = batch.series.map(subject.includes)
        var found: [Trace] = []
        for row in 0..<batch.count where wanted[Int(batch.seriesIndex[row])] {
            let time = Timestamp(microseconds: batch.timestamp[row])
            guard subject.fits(batch.identity, batch.position[row], time) else { continue }
            let series = batch.series(ofRow: row)
            found.append(
                Trace(
                    eventID: batch.eventID(ofRow: row), device: series.device, sensor: series.sensor,
                    time: time.iso8601,
                    value: batch.value[row], unit: series.unit, spool: place))
        }
        // Which sensor it was of, nobody knows: as with those that are stored.
        for letter in batch.deadLetters where subject.sensor == nil || subject.event != nil {
            guard letter.topic.split(separator: "/").dropFirst().first.map(String.init) == subject.device,
                subject.fits(batch.identity, letter.position, letter.receivedAt)
            else { continue }
            found.append(
                Trace(
                    eventID: EventID(identity: batch.identity, position: letter.position).description,
                    device: subject.device, time: letter.receivedAt.iso8601, spool: place))
        }
        return found
    }
}

extension TraceSubject {
    fileprivate func fits(_ identity: BatchIdentity, _ position: UInt32, _ at: Timestamp) -> Bool {
        if let event { return event == EventID(identity: identity, position: position) }
        return time.map { at <= $0 } ?? true
    }
}
