/// The broker: section `mqtt`.
public struct MQTTSettings: Sendable {
    public enum ProtocolVersion: String, CaseIterable, Sendable {
        case v311 = "3.1.1"
        case v5 = "5"
    }

    /// As written; shown to people with its password redacted.
    public let url: String
    public let host: String
    public let port: Int
    /// Nil without `mqtts://`.
    public let tls: TLS?
    public let version: ProtocolVersion
    public let keepAlive: Duration
    public let username: String?
    public let password: Secret?

    /// Files in PEM form.
    public struct TLS: Sendable {
        /// Nil: the system's authorities.
        public let authorityFile: String?
        public let certificateFile: String?
        public let keyFile: String?
        public let verification: Verification
    }

    public enum Verification: String, CaseIterable, Sendable {
        case full
        /// Takes any certificate: for experiments only.
        case none
    }

    public init(from reader: SettingsReader) {
        url = reader.url(
            "url", default: "mqtt://127.0.0.1:1883", "The broker: mqtt://host:port, or mqtts://host:port for TLS.")
        let endpoint = Endpoint(url, schemes: ["mqtt": 1883, "tcp": 1883, "mqtts": 8883, "ssl": 8883])
        if endpoint == nil {
            reader.reject("url", "is no MQTT URL", suggestion: "write mqtt://host:1883 or mqtts://host:8883")
        }
        host = endpoint?.host ?? "127.0.0.1"
        port = endpoint?.port ?? 1883
        version = reader.choice("version", default: .v5, "The protocol: 5 or 3.1.1.")
        keepAlive = reader.duration(
            "keep_alive", default: .seconds(30), in: .seconds(5) ... .seconds(3600),
            "The broker hears from us at least this often.")
        username = reader.string("username", "The user's name at the broker.") ?? endpoint?.user
        password = reader.secret("password", "The user's password.") ?? endpoint?.password.map(Secret.init)
        let security = TLS(from: reader.section("tls"))
        tls = ["mqtts", "ssl"].contains(endpoint?.scheme) ? security : nil
        PlainConnection.judge([host], isProtected: tls?.verification == .full, remedy: "write mqtts://", reader)
    }
}

extension MQTTSettings.TLS {
    init(from reader: SettingsReader) {
        authorityFile = reader.file(
            "ca_file", "Authorities that may have signed the broker's certificate.", trust: .written)
        certificateFile = reader.file(
            "certificate_file", "Our certificate, for brokers that ask for one.", trust: .written)
        keyFile = reader.file("key_file", "The key of our certificate.", trust: .privateKey)
        verification = reader.choice("verification", default: .full, "full, or none for experiments.")
        if (certificateFile == nil) != (keyFile == nil) {
            reader.reject("certificate_file", "needs key_file beside it, and the other way round")
        }
    }
}
