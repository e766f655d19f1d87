import Model
import Platform

/// What a publishing command did. All counts are readings.
struct PublishReport: Codable, Sendable {
    /// Handed to the connection.
    var published: Int
    /// Confirmed by the broker (QoS 0: written to the socket).
    var acknowledged: Int
    var seconds: Double
    /// Acknowledged readings a second.
    var rate: Double

    init(published: Int, acknowledged: Int, elapsed: Duration) {
        self.published = published
        self.acknowledged = acknowledged
        seconds = elapsed.inSeconds
        rate = seconds > 0 ? Double(acknowledged) / seconds : 0
    }

    var isComplete: Bool { published == acknowledged }

    var text: String {
        "published \(published), acknowledged \(acknowledged) readings in \(seconds.fixed(1)) s (\(rate.fixed(0))/s)"
    }
}
