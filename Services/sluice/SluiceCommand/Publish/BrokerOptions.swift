import ArgumentParser
import FoundationEssentials
import Glibc
import MQTT
import Platform
import Processes

/// Which broker to publish to.
struct BrokerOptions: ParsableArguments {
    @Option(help: "Broker to publish to, as in mqtt://user@host:1883; that of the data directory by default.")
    var mqtt: ExternalAddress?

    @Option(help: "File with the user's password, which a URL would show to everybody on the machine.")
    var mqttPasswordFile: String?

    @OptionGroup(title: "TLS (mqtts:// only)") var security: SecurityOptions

    @OptionGroup var data: DataDirectoryOption

    /// - Throws: ``NoBroker`` when no address is given and nothing runs in the data directory; `ValidationError`.
    func options(purpose: String) throws -> MQTTOptions {
        let clientID = "sluice-\(purpose)-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        var options = MQTTOptions(broker: try address(), clientID: clientID)
        if options.encryption != nil { options.encryption = security.encryption }
        if let mqttPasswordFile {
            guard let username = options.credentials?.username else {
                throw ValidationError("--mqtt-password-file needs the user's name in --mqtt, as in mqtt://user@host.")
            }
            options.credentials = MQTTCredentials(username: username, password: try Self.secret(mqttPasswordFile))
        }
        return options
    }

    private static func secret(_ file: String) throws -> String {
        do {
            return try String(contentsOfFile: file, encoding: .utf8).trimmed(of: \.isNewline)
        } catch {
            throw ValidationError("cannot read '\(file)' as text: check that it exists and is readable.")
        }
    }

    private func address() throws -> ExternalAddress {
        if let mqtt { return mqtt }
        guard let state = try SupervisorState.readable(data.directory), state.supervisor.isAlive,
            let address = ExternalAddress(argument: state.brokerURL)
        else { throw NoBroker(directory: data.directory.path) }
        return address
    }
}

/// How to know the broker, and how it knows us.
struct SecurityOptions: ParsableArguments {
    @Option(help: "PEM file of the authorities that may have signed the broker's certificate; the system's by default.")
    var caFile: String?

    @Option(help: "PEM file of our certificate, for brokers that ask for one.")
    var certificateFile: String?

    @Option(help: "PEM file of its key.")
    var keyFile: String?

    @Flag(help: "Take any certificate of the broker: for experiments only.")
    var insecure = false

    func validate() throws {
        guard (certificateFile == nil) == (keyFile == nil) else {
            throw ValidationError("--certificate-file and --key-file belong together.")
        }
    }

    var encryption: MQTTEncryption {
        MQTTEncryption(
            authorityFile: caFile, certificateFile: certificateFile, keyFile: keyFile,
            verification: insecure ? .none : .full)
    }
}

extension MQTTOptions {
    /// The broker of a URL, with its user and password; over TLS, checked against the system's authorities, for mqtts.
    init(broker address: ExternalAddress, clientID: String) {
        self.init(host: address.host, port: UInt16(clamping: address.broker.port), clientID: clientID)
        let parts = URLComponents(string: address.url)
        credentials = parts?.user.map { MQTTCredentials(username: $0, password: parts?.password) }
        encryption = address.isEncrypted ? MQTTEncryption() : nil
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
