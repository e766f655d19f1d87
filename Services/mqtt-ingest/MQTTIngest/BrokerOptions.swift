internal import MQTT

extension MQTTIngestConfiguration {
    /// The persistent session that the promise rests on.
    func brokerOptions(instance: String) -> MQTTOptions {
        var options = MQTTOptions(mqtt, clientID: clientID ?? "sluice-\(instance)")
        options.session = .persistent(expiry: sessionExpiry)
        options.acknowledgement = .deferred
        options.burstLimit = max(options.burstLimit, batch.readings)
        options.receiveMaximum = UInt16(clamping: receiveMaximum)
        return options
    }

    /// As the broker is asked for them.
    var brokerSubscriptions: [MQTTSubscription] {
        subscriptions.map { filter in
            let shared = shareGroup.map { "$share/\($0)/\(filter)" }
            return MQTTSubscription(
                filter: shared ?? filter, qos: MQTTQoS(rawValue: UInt8(qos)) ?? .atLeastOnce, retained: .whenNew)
        }
    }
}
