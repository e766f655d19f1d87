import DeadLetters
import Model

/// All that is known of one reading, or of a dead letter. What was not found is absent.
struct Trace: Codable {
    var eventID: String
    var device: String
    /// Absent for a message out of which no reading could be made.
    var sensor: String?
    /// When it was measured, ISO 8601; of a dead letter: when it was received.
    var time: String
    var value: Double?
    var unit: String?
    var spool: SpoolPlace?
    /// The instances that it came through, storage-writer included; absent as long as it is not stored.
    var route: [String]?
    var row: Row?
    var deadLetter: DeadLetterEntry?
    var redis: RedisPlace?
    var windows: [Window]?
    /// Ids of what detectors found in it.
    var anomalies: [String]?
    /// Ids of the alerts that these belong to.
    var alerts: [String]?

    struct SpoolPlace: Codable {
        var file: String
        var sequence: UInt64
        var spooledAt: String
        /// Batches that wait before it.
        var ahead: Int
    }

    struct Row: Codable {
        /// The partition that it lies in.
        var table: String
        var receivedAt: String
        var processedAt: String?
        var quality: Double
        var anomalyScore: Double?
    }

    enum RedisPlace: String, Codable {
        /// It is the one that `sensor:…` shows.
        case latest
        /// A younger one took its place.
        case superseded
        /// Redis shows an older one: the writer has not got there yet, or fills it again.
        case behind
        /// Redis has nothing of this sensor: it expired there, or was never written.
        case absent
        case unreachable
    }

    struct Window: Codable {
        /// `rollup_1m`, `rollup_1h`, `rollup_1d`.
        var table: String
        var bucket: String
        var readings: Int
        var average: Double
    }

    /// Whether its batch still waits for storage-writer's commit to be acked, or was never spooled here.
    var isStored: Bool { row != nil || deadLetter != nil }
}

extension Trace {
    /// One trace for each event: what the spool knows of it and what PostgreSQL knows of it.
    static func merged(_ spooled: [Trace], _ stored: [Trace]) -> [Trace] {
        var result = stored
        for trace in spooled {
            if let index = result.firstIndex(where: { $0.eventID == trace.eventID }) {
                result[index].spool = trace.spool
            } else {
                result.append(trace)
            }
        }
        return result
    }

    /// Of each sensor the newest: what waits in a spool may be newer than what is stored.
    static func chosen(_ traces: [Trace]) -> [Trace] {
        var newest: [String?: Trace] = [:]
        for trace in traces {
            if let other = newest[trace.sensor], other.time >= trace.time { continue }
            newest[trace.sensor] = trace
        }
        return newest.values.sorted { ($0.sensor ?? "") < ($1.sensor ?? "") }
    }

    /// For people.
    func text(_ palette: Palette = .colorless) -> String {
        var fields: [(String, String?)] = [("event", eventID)]
        fields.append(("spool", spoolText))
        if let route { fields.append(("stages", route.joined(separator: " → "))) }
        if let row { fields.append(("stored", Self.text(row))) }
        if let letter = deadLetter {
            fields.append(("dead letter", "\(letter.id), by \(letter.stage): \(letter.reason) (\(letter.detail))"))
            fields.append(("state", letter.state.rawValue))
        }
        if !isStored { fields.append(("stored", "not yet")) }
        if let redis { fields.append(("redis", Self.text(redis))) }
        for window in windows ?? [] {
            fields.append((window.table, "\(window.bucket): \(window.readings) readings, average \(window.average)"))
        }
        if row != nil, (windows ?? []).isEmpty { fields.append(("rollups", "not yet")) }
        for anomaly in anomalies ?? [] { fields.append(("anomaly", anomaly)) }
        for alert in alerts ?? [] { fields.append(("alert", alert)) }
        return ([palette.paint(title, .heading)] + FieldList(fields).lines().map { "  " + $0 }).joined(separator: "\n")
    }

    private var title: String {
        let name = sensor.map { "\(device) \($0)" } ?? device
        guard let value else { return "\(name), received \(time)" }
        return "\(name) at \(time): \(value)" + (unit.map { $0.isEmpty ? "" : " \($0)" } ?? "")
    }

    private var spoolText: String {
        guard let spool else { return isStored ? "acked, and left it" : "-" }
        let place = "\(spool.file), batch \(spool.sequence), since \(spool.spooledAt)"
        return isStored
            ? "\(place): stored, its batch is not acked yet" : "\(place): waits behind \(spool.ahead) batches"
    }

    private static func text(_ row: Row) -> String {
        var parts = ["\(row.table), received \(row.receivedAt)"]
        if let processed = row.processedAt { parts.append("processed \(processed)") }
        parts.append("quality \(row.quality)")
        if let score = row.anomalyScore { parts.append("anomaly score \(score)") }
        return parts.joined(separator: ", ")
    }

    private static func text(_ place: RedisPlace) -> String {
        switch place {
        case .latest: "the latest of its sensor"
        case .superseded: "superseded by a younger one"
        case .behind: "an older one is shown still"
        case .absent: "nothing of this sensor (expired, or never written)"
        case .unreachable: "not reachable"
        }
    }
}
