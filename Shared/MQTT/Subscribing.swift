internal import CMosquitto
internal import IOLoop

extension MQTTClient {
    /// Subscribes, and returns what the broker granted, in the same order.
    ///
    /// - Throws: when a filter is refused, or the connection ends before the answer.
    @discardableResult
    public func subscribe(_ wanted: [MQTTSubscription]) async throws(MQTTError) -> [MQTTQoS] {
        var granted: [MQTTQoS] = []
        for subscription in wanted {
            granted.append(try await subscribe(subscription))
        }
        return granted
    }

    private func subscribe(_ subscription: MQTTSubscription) async throws(MQTTError) -> MQTTQoS {
        let action = "subscribe to '\(subscription.filter)' at \(options.address)"
        let qos = options.acknowledgement == .deferred ? min(subscription.qos, .atLeastOnce) : subscription.qos
        let codes = try await answer(to: action) { handle, packetID in
            mosquitto_subscribe_v5(
                handle, &packetID, subscription.filter, Int32(qos.rawValue), subscription.retained.option, nil)
        }
        guard let code = codes.first, let granted = MQTTQoS(rawValue: UInt8(truncatingIfNeeded: code)) else {
            throw .broker(action, codes.first ?? 0x80, mosquitto_reason_string(codes.first ?? 0x80))
        }
        return granted
    }

    public func unsubscribe(_ filters: [String]) async throws(MQTTError) {
        for filter in filters {
            let action = "unsubscribe from '\(filter)' at \(options.address)"
            _ = try await answer(to: action) { handle, packetID in
                mosquitto_unsubscribe(handle, &packetID, filter)
            }
        }
    }

    private func answer(
        to action: String, _ send: @IOThread (OpaquePointer, inout Int32) -> Int32
    ) async throws(MQTTError) -> [Int32] {
        let result: Result<[Int32], MQTTError> = await withCheckedContinuation { continuation in
            guard let handle, state == .connected else {
                return continuation.resume(returning: .failure(.notConnected(action)))
            }
            var packetID: Int32 = 0
            let code = send(handle.pointer, &packetID)
            guard code == MOSQ_ERR_SUCCESS.code else {
                return continuation.resume(returning: .failure(.library(action, code)))
            }
            subscriptions[packetID] = { continuation.resume(returning: $0) }
            wantWrite()
        }
        return try result.get()
    }

    func didSubscribe(packetID: Int32, granted: [Int32]) {
        subscriptions.removeValue(forKey: packetID)?(.success(granted))
    }

    func failSubscriptions(_ error: MQTTError) {
        let open = subscriptions.values
        subscriptions.removeAll()
        for answer in open { answer(.failure(error)) }
    }
}

extension MQTTRetainHandling {
    fileprivate var option: Int32 {
        switch self {
        case .always: Int32(MQTT_SUB_OPT_SEND_RETAIN_ALWAYS.rawValue)
        case .whenNew: Int32(MQTT_SUB_OPT_SEND_RETAIN_NEW.rawValue)
        case .never: Int32(MQTT_SUB_OPT_SEND_RETAIN_NEVER.rawValue)
        }
    }
}
