internal import Model

/// Everything that the code behind the decoder takes for granted. A peer's mistake ends here, as an error.
struct BatchValidation {
    let partitions: PartitionCount
    let limits: WireLimits

    func check(_ batch: Sluice_V1_Batch) throws(WireError) {
        try checkVersion(batch.format)
        guard !batch.producer.isEmpty else { throw inconsistent("it names no producer") }
        try checkSize(batch)
        try checkLengths(batch)
        try checkSeries(batch)
        try checkSparse(batch)
        for letter in batch.deadLetters { try check(partition: letter.partition, of: letter.topic) }
        for change in batch.presence { try check(partition: change.partition, of: change.device) }
        guard batch.route.count <= limits.instances else {
            throw inconsistent("it came through \(batch.route.count) instances, the limit is \(limits.instances)")
        }
        for replay in batch.replays { try check(partition: replay.partition, of: replay.eventID) }
    }

    private func checkVersion(_ format: Sluice_V1_FormatVersion) throws(WireError) {
        let version = WireVersion(major: format.major, minor: format.minor)
        guard version.isReadable else {
            throw WireError(
                .unsupportedVersion, "batch",
                "it is in format \(version.major).\(version.minor), this build reads \(WireVersion.current.major).x; "
                    + "update the older side")
        }
    }

    private func checkSize(_ batch: Sluice_V1_Batch) throws(WireError) {
        let items = batch.value.count + batch.deadLetters.count + batch.presence.count
        guard items <= limits.items else {
            throw WireError(.tooLarge, "batch", "\(items) readings, the limit is \(limits.items)")
        }
    }

    private func checkLengths(_ batch: Sluice_V1_Batch) throws(WireError) {
        let rows = batch.value.count
        try check("series_index", batch.seriesIndex.count, rows)
        try check("timestamp", batch.timestamp.count, rows)
        try check("received_at", batch.receivedAt.count, rows)
        try check("position", batch.position.count, rows)
        if !batch.quality.isEmpty { try check("quality", batch.quality.count, rows) }
        if !batch.anomalyScore.isEmpty { try check("anomaly_score", batch.anomalyScore.count, rows) }
    }

    private func check(
        _ column: String, _ count: Int, _ rows: Int, of measure: String = "value"
    ) throws(WireError) {
        guard count == rows else {
            throw inconsistent("column \(column) has \(count) entries, \(measure) has \(rows)")
        }
    }

    private func checkSeries(_ batch: Sluice_V1_Batch) throws(WireError) {
        let series = batch.seriesDevice.count
        try check("series_sensor", batch.seriesSensor.count, series, of: "series_device")
        try check("series_unit", batch.seriesUnit.count, series, of: "series_device")
        try check("series_partition", batch.seriesPartition.count, series, of: "series_device")
        for (index, partition) in batch.seriesPartition.enumerated() where partition >= partitions.rawValue {
            try check(partition: partition, of: batch.seriesDevice[index])
        }
        guard let highest = batch.seriesIndex.max() else { return }
        guard Int(highest) < series else {
            throw inconsistent("series_index holds \(highest), there are \(series) series")
        }
    }

    private func checkSparse(_ batch: Sluice_V1_Batch) throws(WireError) {
        let rows = batch.value.count
        try check("locations", rows: batch.locations.lazy.map(\.row), below: rows, repeats: false)
        try check("metadata", rows: batch.metadata.lazy.map(\.row), below: rows, repeats: false)
        try check("flags", rows: batch.flags.lazy.map(\.row), below: rows, repeats: false)
        // Two detectors may find something in the same reading.
        try check("anomalies", rows: batch.anomalies.lazy.map(\.row), below: rows, repeats: true)
    }

    private func check(
        _ column: String, rows: some Sequence<UInt32>, below count: Int, repeats: Bool
    ) throws(WireError) {
        var next = 0
        for row in rows {
            guard Int(row) >= next else { throw inconsistent("\(column) is not in ascending row order at row \(row)") }
            guard Int(row) < count else { throw inconsistent("\(column) names row \(row) of \(count)") }
            next = Int(row) + (repeats ? 0 : 1)
        }
    }

    private func check(partition: UInt32, of name: String) throws(WireError) {
        guard partition < UInt32(partitions.rawValue) else {
            throw inconsistent(
                "\"\(name)\" is in partition \(partition), this deployment has \(partitions.rawValue); "
                    + "all services must be configured with the same number")
        }
    }

    private func inconsistent(_ message: String) -> WireError { WireError(.inconsistent, "batch", message) }
}
