internal import Model
public import Plugins

/// Mean, standard deviation and count of every reading of a series, for `stats:{device}:{sensor}`. Scores nothing.
public final class StreamStatistics: Detector, SeriesDetector {
    public static let name = "statistics"
    public var name: String { Self.name }
    public var states: [StreamStatisticsState] = []

    public init() {}

    @inline(__always)
    public func judge(
        _ reading: SeriesReading, _ state: inout StreamStatisticsState, _ findings: inout DetectorFindings
    ) {
        state.statistics.add(reading.value)
    }

    public func summary(slot: Int) -> SeriesSummary? { states[slot].statistics.summary }

    public func phase(slot: Int) -> DetectorPhase { .active }
}

public struct StreamStatisticsState: SeriesState {
    private static let version: UInt8 = 1
    var statistics = RunningStatistics()

    public init() {}

    public var encoded: [UInt8] {
        var writer = StateWriter(version: Self.version)
        writer.append(statistics)
        return writer.bytes
    }

    public init?(decoding bytes: [UInt8]) {
        var reader = StateReader(bytes, version: Self.version)
        statistics = reader.statistics()
        guard reader.isWhole else { return nil }
    }
}
