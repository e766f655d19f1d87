public import ArgumentParser
internal import FoundationEssentials
public import Model

/// A point in time on the command line, ISO 8601: `2026-11-01` (midnight UTC), `2026-11-01T06:00:00Z`, or with an offset.
public struct RebuildTime: ExpressibleByArgument, Sendable {
    public let timestamp: Timestamp

    public init?(argument: String) {
        let styles: [Date.ISO8601FormatStyle] = [
            .iso8601, .iso8601.year().month().day(), Date.ISO8601FormatStyle(includingFractionalSeconds: true),
        ]
        for style in styles {
            guard let date = try? style.parse(argument) else { continue }
            timestamp = Timestamp(microseconds: Int64((date.timeIntervalSince1970 * 1_000_000).rounded()))
            return
        }
        return nil
    }
}
