import FoundationEssentials

/// What became of every reading.
struct ChaosReport: Encodable {
    var seed: UInt64
    /// Confirmed by the broker.
    var sent: Int
    var stored: Int
    var dead: Int
    var duplicated: Int
    var lost: Int
    /// Readings that mqtt-ingest received after a younger one of the same sensor.
    var reordered: Int
    var rollupsUnequal: Int
    var anomaliesDoubled: Int
    /// Whether everything had arrived, and no rollup was due, before the limit.
    var drained: Bool
    /// Faults whose target was not there.
    var skipped: Int
    /// What kept the run from its end.
    var problems: [String]
    var schedule: [ChaosEvent]

    var isClean: Bool { drained && problems.isEmpty && lost == 0 && duplicated == 0 && rollupsUnequal == 0 }

    var text: String {
        let figures: [(String, Int)] = [
            ("sent", sent), ("stored", stored), ("dead", dead), ("duplicated", duplicated), ("lost", lost),
            ("reordered", reordered), ("rollups unequal", rollupsUnequal), ("anomalies twice", anomaliesDoubled),
        ]
        let faults = "\(schedule.count) faults of seed \(seed), \(skipped) without a target:"
        let lines =
            figures.map { $0.0.padded(to: 17) + "\($0.1)" } + (drained ? [] : ["not drained in time"]) + problems
        return (lines + [faults] + schedule.map { "  " + $0.text }).joined(separator: "\n")
    }

    func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return try encoder.encode(self)
    }
}
