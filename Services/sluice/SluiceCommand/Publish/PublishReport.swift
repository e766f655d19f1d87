import Foundation
import Model

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
        String(
            format: "published %d, acknowledged %d readings in %.1f s (%.0f/s)", published, acknowledged, seconds, rate)
    }
}
