internal import Model
internal import SwiftProtobuf

// Model to message. Assigning an array shares its storage.

extension Sluice_V1_Batch {
    init(_ batch: ReadingBatch) {
        self.init()
        format = .with {
            $0.major = WireVersion.current.major
            $0.minor = WireVersion.current.minor
        }
        producer = batch.identity.producer
        sequence = batch.identity.sequence
        lowWater = batch.lowWater
        if let processed = batch.processedAt { processedAt = processed.microseconds }
        if let version = batch.pipelineVersion { pipelineVersion = version }
        setColumns(batch)
        setSparseColumns(batch)
        deadLetters = batch.deadLetters.map(Sluice_V1_DeadLetter.init)
        presence = batch.presence.map(Sluice_V1_PresenceChange.init)
        replays = batch.replays.map(Sluice_V1_Replay.init)
        route = batch.route
    }

    private mutating func setColumns(_ batch: ReadingBatch) {
        setSeries(batch.series)
        seriesIndex = batch.seriesIndex
        timestamp = batch.timestamp
        value = batch.value
        receivedAt = batch.receivedAt
        position = batch.position
        quality = batch.quality
        anomalyScore = batch.anomalyScore
    }

    private mutating func setSeries(_ series: [Series]) {
        seriesDevice = series.map(\.device)
        seriesSensor = series.map(\.sensor)
        seriesUnit = series.map(\.unit)
        seriesPartition = series.map { UInt32($0.partition.rawValue) }
    }

    private mutating func setSparseColumns(_ batch: ReadingBatch) {
        locations = batch.locations.map(Sluice_V1_SparseText.init)
        metadata = batch.metadata.map(Sluice_V1_SparseText.init)
        flags = batch.flags.map(Sluice_V1_SparseFlags.init)
        anomalies = batch.anomalies.map(Sluice_V1_Anomaly.init)
    }
}

extension Sluice_V1_SparseText {
    init(_ entry: SparseText) {
        self.init()
        row = entry.row
        text = entry.text
    }
}

extension Sluice_V1_SparseFlags {
    init(_ entry: SparseFlags) {
        self.init()
        row = entry.row
        flags = UInt32(entry.flags.rawValue)
    }
}

extension Sluice_V1_Anomaly {
    init(_ anomaly: Anomaly) {
        self.init()
        row = anomaly.row
        detector = anomaly.detector
        score = anomaly.score
        threshold = anomaly.threshold
        expectedLow = anomaly.expectedLow
        expectedHigh = anomaly.expectedHigh
        why = anomaly.why
    }
}

extension Sluice_V1_Replay {
    init(_ replay: Replay) {
        self.init()
        eventID = replay.eventID
        partition = UInt32(replay.partition.rawValue)
        position = replay.firstPosition
        count = replay.count
    }
}

extension Sluice_V1_PresenceChange {
    init(_ change: PresenceChange) {
        self.init()
        position = change.position
        partition = UInt32(change.partition.rawValue)
        device = change.device
        status = change.status
        at = change.at.microseconds
        if let text = change.attributes { attributes = text }
    }
}
