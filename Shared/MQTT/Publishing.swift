internal import CMosquitto
internal import IOLoop

extension MQTTClient {
    /// Messages under way: not yet confirmed, or with QoS 0 not yet written.
    public var messagesUnderWay: Int { confirmations.count }

    public var hasRoom: Bool { confirmations.count < Int(options.sendMaximum) }

    /// Queues one message; it leaves in the next turn of the loop, together with others.
    ///
    /// With QoS 1 and 2 a message is kept over reconnects until it is confirmed, also when there is no connection yet.
    ///
    /// - Parameters:
    ///   - userProperties: MQTT 5 only; an error with 3.1.1.
    ///   - completion: nil when the broker has taken it (QoS 0: when it was written); called once.
    /// - Throws: `windowFull`, `notConnected` (QoS 0 only), or what libmosquitto says of topic and payload.
    public func publish(
        topic: String, payload: UnsafeRawBufferPointer, qos: MQTTQoS = .atLeastOnce, retain: Bool = false,
        userProperties: KeyValuePairs<String, String> = [:],
        completion: (@IOThread (MQTTError?) -> Void)? = nil
    ) throws(MQTTError) {
        guard let handle else { throw .closed("publish to '\(topic)'") }
        guard hasRoom else { throw .windowFull("publish to '\(topic)'", options.sendMaximum) }
        if qos == .atMostOnce, state != .connected { throw .notConnected("publish to '\(topic)'") }
        var packetID: Int32 = 0
        var properties: OpaquePointer?
        defer { mosquitto_property_free_all(&properties) }
        for (name, value) in userProperties {
            let code = mosquitto_property_add_string_pair(
                &properties, Int32(MQTT_PROP_USER_PROPERTY.rawValue), name, value)
            guard code == MOSQ_ERR_SUCCESS.code else { throw .library("publish to '\(topic)'", code) }
        }
        let code = mosquitto_publish_v5(
            handle.pointer, &packetID, topic, Int32(clamping: payload.count), payload.baseAddress,
            Int32(qos.rawValue), retain, properties)
        let isQueued = code == MOSQ_ERR_SUCCESS.code || (code == MOSQ_ERR_NO_CONN.code && qos != .atMostOnce)
        guard isQueued else { throw .library("publish to '\(topic)'", code) }
        confirmations[UInt16(truncatingIfNeeded: packetID)] = completion ?? { _ in }
        counters.publishedMessages += 1
        wantWrite()
    }

    public func publish(
        topic: String, payload: [UInt8], qos: MQTTQoS = .atLeastOnce, retain: Bool = false,
        userProperties: KeyValuePairs<String, String> = [:],
        completion: (@IOThread (MQTTError?) -> Void)? = nil
    ) throws(MQTTError) {
        let result: Result<Void, MQTTError> = payload.withUnsafeBytes { buffer in
            Result { () throws(MQTTError) in
                try publish(
                    topic: topic, payload: buffer, qos: qos, retain: retain, userProperties: userProperties,
                    completion: completion)
            }
        }
        try result.get()
    }

    /// Waits for room, publishes, and waits until the broker has confirmed.
    public func publishAndWait(
        topic: String, payload: [UInt8], qos: MQTTQoS = .atLeastOnce, retain: Bool = false,
        userProperties: KeyValuePairs<String, String> = [:]
    ) async throws(MQTTError) {
        await room()
        let failure: MQTTError? = await withCheckedContinuation { continuation in
            do throws(MQTTError) {
                try publish(
                    topic: topic, payload: payload, qos: qos, retain: retain, userProperties: userProperties
                ) {
                    continuation.resume(returning: $0)
                }
            } catch {
                continuation.resume(returning: error)
            }
        }
        if let failure { throw failure }
    }

    /// Returns when there is room for at least one more message, or the client is closed.
    public func room() async {
        await waits { hasRoom }
    }

    /// Returns when nothing is under way any more, or the client is closed.
    public func allConfirmed() async {
        await waits { confirmations.isEmpty }
    }

    /// The condition is looked at where the waiter is noted: between two steps of a task the loop may turn.
    private func waits(_ condition: () -> Bool) async {
        while !condition(), state != .closed {
            await withCheckedContinuation { waiter in
                if condition() || state == .closed { waiter.resume() } else { roomWaiters.append(waiter) }
            }
        }
    }

    func didConfirm(packetID: UInt16, reason: Int32) {
        let wasFull = !hasRoom
        guard let confirm = confirmations.removeValue(forKey: packetID) else { return }
        counters.confirmedMessages += 1
        // 0x10: taken, though nobody subscribes.
        if reason < 0x80 {
            confirm(nil)
        } else {
            confirm(.broker("publish", reason, mosquitto_reason_string(reason)))
        }
        wakeRoomWaiters()
        if wasFull { onRoom?() }
    }

    func wakeRoomWaiters() {
        guard !roomWaiters.isEmpty else { return }
        let waiters = roomWaiters
        roomWaiters.removeAll()
        for waiter in waiters { waiter.resume() }
    }
}
