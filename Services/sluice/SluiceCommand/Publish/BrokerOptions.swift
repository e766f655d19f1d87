import ArgumentParser
import Foundation
import MQTT
import Processes

/// Which broker to publish to.
struct BrokerOptions: ParsableArguments {
    @Option(help: "Broker to publish to, as in mqtt://user@host:1883; that of the data directory by default.")
    var mqtt: ExternalAddress?

    @OptionGroup var data: DataDirectoryOption

    /// - Throws: ``NoBroker`` when no address is given and nothing runs in the data directory.
    func options(purpose: String) throws -> MQTTOptions {
        let clientID = "sluice-\(purpose)-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        if let mqtt { return Self.options(mqtt.url, clientID: clientID) }
        guard let state = SupervisorState.read(data.directory), state.supervisor.isAlive else {
            throw NoBroker(directory: data.directory.path)
        }
        let broker = state.infrastructure.mqtt
        return MQTTOptions(host: broker.host, port: UInt16(clamping: broker.port), clientID: clientID)
    }

    private static func options(_ url: String, clientID: String) -> MQTTOptions {
        let parts = URLComponents(string: url)
        let isEncrypted = parts?.scheme == "mqtts"
        let port = UInt16(clamping: parts?.port ?? (isEncrypted ? 8883 : 1883))
        var options = MQTTOptions(host: parts?.host ?? "127.0.0.1", port: port, clientID: clientID)
        options.credentials = parts?.user.map { MQTTCredentials(username: $0, password: parts?.password) }
        options.encryption = isEncrypted ? MQTTEncryption() : nil
        return options
    }
}

struct NoBroker: Error, CustomStringConvertible {
    let directory: String

    var description: String { "nothing runs in \(directory): start it with sluice up, or name a broker with --mqtt" }
}

/// Quality of service as people number it.
struct QoSOption: ExpressibleByArgument {
    let value: MQTTQoS

    init?(argument: String) {
        guard let value = UInt8(argument).flatMap(MQTTQoS.init(rawValue:)) else { return nil }
        self.value = value
    }

    init(_ value: MQTTQoS) {
        self.value = value
    }

    var defaultValueDescription: String { "\(value.rawValue)" }
}
