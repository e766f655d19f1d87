import Foundation

/// What people get over MQTT.
struct AlertMessage: Decodable, Hashable {
    var id: String
    var transition: Int
    var state: String
    var cause: String
    var detector: String
    var device: String
    var sensor: String
    /// Of the reading that it opened or fired with.
    var timestamp: String

    enum CodingKeys: String, CodingKey {
        case id, transition, state, cause, detector, timestamp
        case device = "device_id"
        case sensor = "sensor_type"
    }
}

extension AlertListener {
    /// Each once, in the order in which they first came: one that comes again names itself.
    var messages: [AlertMessage] {
        get throws {
            var known: Set<String> = []
            return try payloads.map { try JSONDecoder().decode(AlertMessage.self, from: Data($0.utf8)) }
                .filter { known.insert("\($0.id)/\($0.transition)").inserted }
        }
    }

    var repeated: Int { get throws { payloads.count - (try messages.count) } }
}
