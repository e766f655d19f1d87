public import Settings

extension MQTTOptions {
    /// The broker of section `mqtt`: where it is, as whom and how safely.
    public init(_ settings: MQTTSettings, clientID: String) {
        self.init(host: settings.host, port: UInt16(clamping: settings.port), clientID: clientID)
        version = settings.version == .v5 ? .v5 : .v3_1_1
        keepAlive = settings.keepAlive
        credentials = settings.username.map {
            MQTTCredentials(username: $0, password: settings.password?.reveal())
        }
        encryption = settings.tls.map {
            MQTTEncryption(
                authorityFile: $0.authorityFile, certificateFile: $0.certificateFile, keyFile: $0.keyFile,
                verification: $0.verification == .full ? .full : .none)
        }
    }
}
