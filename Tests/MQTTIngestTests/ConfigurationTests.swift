import MQTT
import Settings
import Testing

@testable import MQTTIngest

struct ConfigurationTests {
    private func decode(_ yaml: String) throws -> MQTTIngestConfiguration {
        try SettingsDocument(yaml: yaml, environment: [:], overrides: []).decode(MQTTIngestConfiguration.self)
    }

    @Test func `the defaults are those of the documentation`() throws {
        let configuration = try decode("{}")
        #expect(configuration.subscriptions == ["sensors/+/+", "devices/+/status"])
        #expect(configuration.batch.readings == 4_000)
        #expect(configuration.batch.linger == .milliseconds(5))
        let options = configuration.brokerOptions(instance: "mqtt-ingest-1")
        #expect(options.clientID == "sluice-mqtt-ingest-1")
        #expect(options.session == .persistent(expiry: .seconds(604_800)))
    }

    @Test func `mqtts means port 8883 and a verified certificate, unless the settings say otherwise`() throws {
        let plain = try decode("mqtt: { url: 'mqtts://broker' }").brokerOptions(instance: "i")
        #expect(plain.port == 8883 && plain.encryption?.verification == .full)
        let tls = "tls: { verification: none, ca_file: ca.pem, certificate_file: c.pem, key_file: k.pem }"
        let other = try decode("mqtt: { url: 'mqtts://broker:1', \(tls) }").brokerOptions(instance: "i")
        #expect(other.port == 1 && other.encryption?.verification == MQTTVerification.none)
        #expect(other.encryption?.authorityFile == "ca.pem" && other.encryption?.keyFile == "k.pem")
        #expect(try decode("mqtt: { url: 'mqtt://broker' }").brokerOptions(instance: "i").encryption == nil)
    }

    @Test func `a share group goes before each filter`() throws {
        let configuration = try decode("mqtt_ingest: { share_group: plant, subscriptions: [a/+] }")
        #expect(configuration.brokerSubscriptions.map(\.filter) == ["$share/plant/a/+"])
    }

    @Test func `a share group with a slash is refused`() {
        #expect(throws: InvalidSettings.self) { try decode("mqtt_ingest: { share_group: a/b }") }
    }
}
