import ArgumentParser
import FoundationEssentials
import Model

/// A point in time: ISO 8601 (`2026-11-01`, `2026-11-01T06:00:00Z`), or so long ago (`2h`).
struct TimeOption: ExpressibleByArgument, Sendable {
    let timestamp: Timestamp

    init(timestamp: Timestamp) {
        self.timestamp = timestamp
    }

    init?(argument: String) {
        if let ago = DurationOption(argument: argument) {
            timestamp = .now().advanced(by: .zero - ago.value)
            return
        }
        let styles: [Date.ISO8601FormatStyle] = [
            .iso8601, .iso8601.year().month().day(), Date.ISO8601FormatStyle(includingFractionalSeconds: true),
        ]
        guard let date = styles.lazy.compactMap({ try? $0.parse(argument) }).first else { return nil }
        timestamp = Timestamp(microseconds: Int64((date.timeIntervalSince1970 * 1_000_000).rounded()))
    }
}
