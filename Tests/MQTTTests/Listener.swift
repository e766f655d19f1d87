import IOLoop
import MQTT
import Testing

/// A client that keeps what it received.
@IOThread
final class Listener {
    struct Received: Equatable, Sendable {
        var topic: String
        var payload: String
        var qos: MQTTQoS
        var retained: Bool
        var duplicate: Bool
        var packetID: UInt16
    }

    let client: MQTTClient
    var received: [Received] = []
    var sessions: [Bool] = []
    var errors: [String] = []
    var disconnects = 0

    init(_ options: MQTTOptions) throws {
        client = try MQTTClient(options)
        client.onMessage = { [unowned self] message in
            received.append(Received(message))
        }
        client.onEvent = { [unowned self] event in
            switch event {
            case .connected(let sessionPresent): sessions.append(sessionPresent)
            case .disconnected(let error):
                disconnects += 1
                if let error { errors.append(error.description) }
            }
        }
    }

    /// Connects and waits until it is up.
    func up() async throws {
        let before = sessions.count
        client.connect()
        try await eventually { sessions.count > before }
    }

    var payloads: [String] { received.map(\.payload) }
}

extension Listener.Received {
    init(_ message: MQTTMessage) {
        self.init(
            topic: String(decoding: message.topic, as: UTF8.self),
            payload: String(decoding: message.payload, as: UTF8.self), qos: message.qos, retained: message.retained,
            duplicate: message.duplicate, packetID: message.packetID)
    }
}

/// Waits for a condition, generously: the machine may be busy.
@IOThread
func eventually(
    within limit: Duration = .seconds(60), _ condition: @IOThread () -> Bool,
    sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let deadline = ContinuousClock.now + limit
    while !condition() {
        try #require(ContinuousClock.now < deadline, "the condition did not come true", sourceLocation: sourceLocation)
        await EventLoop.sleep(for: .milliseconds(5))
    }
}

extension Broker {
    func options(_ clientID: String, _ change: (inout MQTTOptions) -> Void = { _ in }) -> MQTTOptions {
        var options = MQTTOptions(host: "127.0.0.1", port: port, clientID: clientID)
        options.backoff = MQTTBackoff(first: .milliseconds(20), ceiling: .milliseconds(200))
        change(&options)
        return options
    }
}
