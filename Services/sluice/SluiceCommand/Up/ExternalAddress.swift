import ArgumentParser
import FoundationEssentials

/// The URL of a server that somebody else runs.
struct ExternalAddress: Sendable, ExpressibleByArgument {
    let url: String
    let host: String
    let port: Int?

    init?(argument: String) {
        guard let parts = URLComponents(string: argument), let host = parts.host, parts.scheme != nil else {
            return nil
        }
        url = argument
        self.host = host
        port = parts.port
    }

    /// Where an MQTT broker of this address listens: mqtts and ssl are MQTT over TLS.
    var broker: Infrastructure.Broker {
        Infrastructure.Broker(host: host, port: port ?? (isEncrypted ? 8883 : 1883))
    }

    var isEncrypted: Bool { ["mqtts", "ssl"].contains(URLComponents(string: url)?.scheme) }

    /// For the eyes of people: without the password.
    static func redacted(_ url: String) -> String {
        guard var parts = URLComponents(string: url), parts.password != nil else { return url }
        parts.password = "redacted"
        return parts.string ?? url
    }
}
