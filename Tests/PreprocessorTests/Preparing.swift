import Logging
import Model
import Observability
import Settings

@testable import Preprocessor

/// A moment for everything in these tests: 2026-11-22T20:00:00Z.
let arrival = Timestamp(seconds: 1_795_377_600)

/// A batch of readings `(device, sensor, value)`, one series each.
func batch(_ readings: (device: String, sensor: String, value: Double)...) -> ReadingBatch {
    var batch = ReadingBatch(identity: BatchIdentity(producer: "p", sequence: 1))
    for (row, reading) in readings.enumerated() {
        batch.series.append(
            Series(
                device: reading.device, sensor: reading.sensor, unit: "u",
                partition: Partition(device: reading.device, of: .standard)))
        batch.appendReading(
            seriesIndex: UInt32(row), timestamp: arrival.microseconds, value: reading.value,
            receivedAt: arrival.microseconds, position: UInt32(row))
    }
    return batch
}

/// Metrics of their own for a test.
struct Gauges {
    let registry = MetricsRegistry()
    let metrics: PreprocessorMetrics

    init() {
        metrics = PreprocessorMetrics(
            registry: registry, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Whether the metrics page has the line.
    func shows(_ line: String) -> Bool {
        registry.prometheusText().split(separator: "\n").contains { $0 == line }
    }
}

func configuration(_ yaml: String) throws -> PreprocessorConfiguration {
    try SettingsDocument(yaml: yaml, environment: [:], overrides: []).decode(PreprocessorConfiguration.self)
}
