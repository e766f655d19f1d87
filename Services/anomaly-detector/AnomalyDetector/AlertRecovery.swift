internal import AlertRecords
internal import Alerting
internal import IOLoop
internal import Model

/// Takes up alerts that PostgreSQL has as open, of series of which Redis knows nothing: it was emptied, and they go on.
@IOThread
final class AlertRecovery {
    private let database: AlertDatabase
    private let memory: SeriesMemory

    init(_ database: AlertDatabase, memory: SeriesMemory) {
        self.database = database
        self.memory = memory
    }

    /// Returns at once. An alert that begins meanwhile finds out when it is recorded.
    func look(for slots: [Int32]) {
        let names = slots.map { memory.entries[Int($0)].name }
        IOThread.task {
            // Without PostgreSQL they are found when something is raised again.
            var open: [AlertRecord] = []
            // Whatever is not found so is found when something is raised again.
            try? await self.database.runUntilDone { open = try await AlertTable(connection: $0).open(of: names) }
            for record in open { self.restore(record) }
        }
    }

    private func restore(_ record: AlertRecord) {
        guard let slot = memory.slot(of: record.series) else { return }
        var anomaly: Anomaly?
        if let score = record.score {
            anomaly = Anomaly(
                row: 0, detector: record.detector, score: score, threshold: record.threshold ?? 0,
                expectedLow: record.expectedLow ?? 0, expectedHigh: record.expectedHigh ?? 0, why: record.why)
        }
        let subject = AlertSubject(
            time: record.time, value: record.value, unit: record.unit, location: record.location, anomaly: anomaly)
        memory.book.restore(
            record.fingerprint, alertID: record.id, ordinal: record.ordinal, state: record.state, why: record.why,
            subject: subject, slot: slot, now: .now())
        memory.markDirty(slot)
    }
}
