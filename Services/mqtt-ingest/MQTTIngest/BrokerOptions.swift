internal import MQTT
internal import Settings

extension MQTTIngestConfiguration {
    /// The persistent session that the promise rests on.
    func brokerOptions(instance: String) -> MQTTOptions {
        var options = MQTTOptions(
            host: mqtt.host, port: UInt16(clamping: mqtt.port), clientID: clientID ?? "sluice-\(instance)")
        options.version = mqtt.version == .v5 ? .v5 : .v3_1_1
        options.session = .persistent(expiry: sessionExpiry)
        options.acknowledgement = .deferred
        options.keepAlive = mqtt.keepAlive
        options.receiveMaximum = UInt16(clamping: receiveMaximum)
        options.credentials = mqtt.username.map { MQTTCredentials(username: $0, password: mqtt.password?.reveal()) }
        options.encryption = mqtt.tls.map { tls in
            MQTTEncryption(
                authorityFile: tls.authorityFile, certificateFile: tls.certificateFile, keyFile: tls.keyFile,
                verification: tls.verification == .full ? .full : .none)
        }
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
