internal import Model

// Message to model. The message has been validated: conversions of integers cannot trap.

extension ReadingBatch {
    init(_ message: Sluice_V1_Batch) {
        self.init(
            identity: BatchIdentity(producer: message.producer, sequence: message.sequence),
            lowWater: message.lowWater)
        series = Self.series(message)
        seriesIndex = message.seriesIndex
        timestamp = message.timestamp
        value = message.value
        receivedAt = message.receivedAt
        position = message.position
        quality = message.quality
        anomalyScore = message.anomalyScore
        setSparse(message)
        if message.hasProcessedAt { processedAt = Timestamp(microseconds: message.processedAt) }
        if message.hasPipelineVersion { pipelineVersion = message.pipelineVersion }
    }

    private static func series(_ message: Sluice_V1_Batch) -> [Series] {
        let devices = message.seriesDevice
        let sensors = message.seriesSensor
        let units = message.seriesUnit
        let partitions = message.seriesPartition
        return devices.indices.map {
            Series(
                device: devices[$0], sensor: sensors[$0], unit: units[$0],
                partition: Partition(rawValue: UInt16(partitions[$0])))
        }
    }

    private mutating func setSparse(_ message: Sluice_V1_Batch) {
        locations = message.locations.map(SparseText.init)
        metadata = message.metadata.map(SparseText.init)
        flags = message.flags.map(SparseFlags.init)
        anomalies = message.anomalies.map(Anomaly.init)
        deadLetters = message.deadLetters.map(DeadLetter.init)
        presence = message.presence.map(PresenceChange.init)
        replays = message.replays.map(Replay.init)
        route = message.route
    }
}

extension SparseText {
    init(_ message: Sluice_V1_SparseText) {
        self.init(row: message.row, text: message.text)
    }
}

extension SparseFlags {
    init(_ message: Sluice_V1_SparseFlags) {
        // Flags of a newer minor version do not concern this one.
        self.init(row: message.row, flags: DeliveryFlags(rawValue: UInt8(truncatingIfNeeded: message.flags)))
    }
}

extension Anomaly {
    init(_ message: Sluice_V1_Anomaly) {
        self.init(
            row: message.row, detector: message.detector, score: message.score, threshold: message.threshold,
            expectedLow: message.expectedLow, expectedHigh: message.expectedHigh, why: message.why)
    }
}

extension Replay {
    init(_ message: Sluice_V1_Replay) {
        self.init(
            eventID: message.eventID, partition: Partition(rawValue: UInt16(message.partition)),
            firstPosition: message.position, count: message.count)
    }
}

extension PresenceChange {
    init(_ message: Sluice_V1_PresenceChange) {
        self.init(
            position: message.position, partition: Partition(rawValue: UInt16(message.partition)),
            device: message.device, status: message.status, at: Timestamp(microseconds: message.at),
            attributes: message.hasAttributes ? message.attributes : nil)
    }
}
