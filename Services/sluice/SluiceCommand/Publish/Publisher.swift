import IOLoop
import MQTT
import Model

/// One MQTT message with readings in it.
struct OutgoingMessage: Sendable {
    let topic: String
    let payload: [UInt8]
    let readings: Int
    /// The event id of the dead letter that it was.
    var replay: String?
}

/// Publishes messages as they fall due, and counts what the broker confirms.
@IOThread
final class Publisher {
    private let client: MQTTClient
    private let qos: MQTTQoS
    private var started = ContinuousClock.now
    private(set) var published = 0
    private(set) var acknowledged = 0
    private var refusal: MQTTError?
    private var lastError: MQTTError?
    private(set) var isStopped = false

    /// Enough to hide the way to the broker and back; libmosquitto looks through all of them at each acknowledgement,
    /// so a larger window is slower: 85,000 messages/s with 200, 20,000 with 1,000.
    private static let window: UInt16 = 200
    /// Between the request to stop and the end.
    private static let farewell = Duration.seconds(4)

    init(_ options: MQTTOptions, qos: MQTTQoS) throws {
        var options = options
        options.sendMaximum = Self.window
        self.qos = qos
        client = try MQTTClient(options)
        client.onEvent = { [weak self] event in self?.noticed(event) }
        client.connect()
    }

    var report: PublishReport {
        PublishReport(published: published, acknowledged: acknowledged, elapsed: .now - started)
    }

    /// Nothing more is published; what is under way is still waited for, for a moment.
    func stop() {
        isStopped = true
        let isIdle = client.state != .connected && client.messagesUnderWay == 0
        Task {
            // Nobody may wait for longer than this for a broker that is away.
            if !isIdle { await EventLoop.sleep(for: Self.farewell) }
            client.close()
        }
    }

    /// Returns when there is a connection, or it is told to stop.
    ///
    /// - Throws: ``MQTTError`` saying why there is none within 30 s.
    func waitForConnection() async throws(MQTTError) {
        do throws(MQTTError) {
            try await client.waitUntilConnected()
        } catch {
            if !isStopped { throw lastError ?? error }
        }
    }

    /// Waits for its time and for room, and publishes.
    ///
    /// - Parameter due: when it is to leave; at once when past.
    /// - Throws: ``MQTTError`` when the broker refused an earlier message, or the connection cannot take this one.
    func publish(at due: ContinuousClock.Instant?, _ make: () -> OutgoingMessage) async throws {
        if let due { await waitUntil(due) }
        await client.room()
        if qos == .atMostOnce { try await waitForConnection() }
        guard !isStopped else { return }
        if let refusal { throw refusal }
        let message = make()
        let readings = message.readings
        let properties: KeyValuePairs = message.replay.map { [DeadLetter.replayProperty: $0] } ?? [:]
        try client.publish(topic: message.topic, payload: message.payload, qos: qos, userProperties: properties) {
            [weak self] error in
            self?.settled(readings, error)
        }
        published += readings
    }

    /// Waits until the broker has confirmed everything, or the limit is over.
    func finish(within limit: Duration = .seconds(60)) async {
        let deadline = ContinuousClock.now + limit
        while client.messagesUnderWay > 0, ContinuousClock.now < deadline {
            await EventLoop.sleep(for: .milliseconds(2))
        }
        client.close()
    }

    /// In short steps, so that a request to stop is heard.
    private func waitUntil(_ due: ContinuousClock.Instant) async {
        while !isStopped {
            let rest = due - .now
            guard rest > .zero else { return }
            await EventLoop.sleep(for: min(rest, .milliseconds(100)))
        }
    }

    private func settled(_ readings: Int, _ error: MQTTError?) {
        if let error {
            refusal = error
        } else {
            acknowledged += readings
        }
    }

    private func noticed(_ event: MQTTEvent) {
        switch event {
        case .connected:
            // The wait for the broker is not part of the rate.
            if published == 0 { started = .now }
        case .disconnected(let error):
            lastError = error ?? lastError
        }
    }
}
