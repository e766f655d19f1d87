import HTTPEndpoints
import Model

/// `?from=&to=&points=600` of a series: the last hour without the first two.
struct SeriesQuestion: Sendable {
    enum Resolution: String, Sendable {
        case raw
        case minutes = "1m"
        case hours = "1h"
        case days = "1d"
    }

    /// Raw readings are looked at over so much time at most.
    static let longestRaw = Duration.seconds(6 * 3_600)

    let from: Timestamp
    let to: Timestamp
    /// How many somebody can draw.
    let points: Int

    /// - Throws: ``MalformedQuestion``
    init(_ query: [String: String], now: Timestamp) throws(MalformedQuestion) {
        let fields = try QueryFields(query, known: ["from", "to", "points"])
        to = try fields.time("to", now: now) ?? now
        from = try fields.time("from", now: now) ?? to.advanced(by: .seconds(-3_600))
        points = try fields.number("points", default: 600, in: 2...5_000)
        guard from < to else { throw MalformedQuestion("'from' is not before 'to'") }
    }

    var span: Duration { to.since(from) }

    /// The finest rollup that has no more buckets than points are asked for, or days.
    var rollup: Resolution {
        let seconds = Int(span.components.seconds)
        if seconds / 60 <= points { return .minutes }
        return seconds / 3_600 <= points ? .hours : .days
    }
}
