internal import CMosquitto
internal import Glibc
internal import IOLoop

/// The `struct mosquitto *` with everything that is set once. Owned by one client; lives on the I/O thread.
@IOThread
final class Handle {
    let pointer: OpaquePointer
    private let options: MQTTOptions

    /// - Parameter owner: is given to the callbacks, unretained; it must outlive the handle.
    init(_ options: MQTTOptions, owner: UnsafeMutableRawPointer) throws(MQTTError) {
        _ = Self.libraryStarted
        let clean = options.session == .clean
        guard let pointer = mosquitto_new(options.clientID, clean, owner) else {
            throw .library("use the client id '\(options.clientID)'", MOSQ_ERR_INVAL.code)
        }
        self.pointer = pointer
        self.options = options
        // Packets then only queue until our loop writes them, also those that a callback makes.
        mosquitto_threaded_set(pointer, true)
        installCallbacks(on: pointer)
        try setNumbers()
        try setCredentials()
        try setWill()
        try setEncryption()
    }

    isolated deinit {
        mosquitto_destroy(pointer)
    }

    /// -1 without a connection.
    var descriptor: Int32 { mosquitto_socket(pointer) }

    /// Starts to connect without waiting for the peer. With a name this resolves it, which may take long.
    func startConnecting(to host: String, _ version: MQTTVersion) throws(MQTTError) {
        let action = "connect to \(options.address)"
        try set(MOSQ_OPT_PROTOCOL_VERSION, Int32(version == .v5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311))
        if version == .v5 { try setConnectProperties(action) }
        let keepAlive = Int32(options.keepAlive.components.seconds)
        let port = Int32(options.port)
        let code = mosquitto_connect_bind_async(pointer, host, port, keepAlive, nil)
        guard code == MOSQ_ERR_SUCCESS.code else { throw .library(action, code) }
    }

    /// The call that takes CONNECT properties also connects, and waits for the peer. Asked for a Unix socket without
    /// a path it fails at once, but has stored the properties, which the asynchronous call then uses.
    private func setConnectProperties(_ action: String) throws(MQTTError) {
        var properties: OpaquePointer?
        defer { mosquitto_property_free_all(&properties) }
        if case .persistent(let expiry) = options.session {
            let seconds = UInt32(clamping: expiry.components.seconds)
            let code = mosquitto_property_add_int32(
                &properties, Int32(MQTT_PROP_SESSION_EXPIRY_INTERVAL.rawValue), seconds)
            guard code == MOSQ_ERR_SUCCESS.code else { throw .library(action, code) }
        }
        let keepAlive = Int32(options.keepAlive.components.seconds)
        _ = mosquitto_connect_bind_v5(pointer, "", 0, keepAlive, nil, properties)
    }

    private func setNumbers() throws(MQTTError) {
        try set(MOSQ_OPT_RECEIVE_MAXIMUM, Int32(options.receiveMaximum))
        try set(MOSQ_OPT_SEND_MAXIMUM, Int32(options.sendMaximum))
        try set(MOSQ_OPT_TCP_NODELAY, 1)
    }

    private func set(_ option: mosq_opt_t, _ value: Int32) throws(MQTTError) {
        let code = mosquitto_int_option(pointer, option, value)
        guard code == MOSQ_ERR_SUCCESS.code else {
            throw .library("set libmosquitto's option \(option.rawValue) to \(value)", code)
        }
    }

    private func setCredentials() throws(MQTTError) {
        guard let credentials = options.credentials else { return }
        let code = mosquitto_username_pw_set(pointer, credentials.username, credentials.password)
        guard code == MOSQ_ERR_SUCCESS.code else { throw .library("use the given user name and password", code) }
    }

    private func setWill() throws(MQTTError) {
        guard let will = options.will else { return }
        let code = mosquitto_will_set(
            pointer, will.topic, Int32(will.payload.count), will.payload, Int32(will.qos.rawValue), will.retain)
        guard code == MOSQ_ERR_SUCCESS.code else { throw .library("leave a will at '\(will.topic)'", code) }
    }

    private func setEncryption() throws(MQTTError) {
        guard let encryption = options.encryption else { return }
        for file in [encryption.authorityFile, encryption.certificateFile, encryption.keyFile] {
            // libmosquitto would call it an invalid argument.
            guard let file, access(file, R_OK) != 0 else { continue }
            throw .library("read \(file) for \(options.address)", MOSQ_ERR_ERRNO.code)
        }
        if encryption.authorityFile == nil { try set(MOSQ_OPT_TLS_USE_OS_CERTS, 1) }
        // Without any authority libmosquitto refuses our own certificate too, so the system's folder is named.
        let folder = encryption.authorityFile == nil ? X509_get_default_cert_dir() : nil
        let code = mosquitto_tls_set(
            pointer, encryption.authorityFile, folder, encryption.certificateFile, encryption.keyFile, nil)
        guard code == MOSQ_ERR_SUCCESS.code else {
            throw .library("read the certificates for \(options.address)", code)
        }
        if encryption.verification == .none { try skipVerification() }
    }

    private func skipVerification() throws(MQTTError) {
        // 0 is SSL_VERIFY_NONE; the other call leaves the certificate's name unchecked.
        let codes = [mosquitto_tls_opts_set(pointer, 0, nil, nil), mosquitto_tls_insecure_set(pointer, true)]
        guard let failure = codes.first(where: { $0 != MOSQ_ERR_SUCCESS.code }) else { return }
        throw .library("take any certificate of \(options.address)", failure)
    }

    /// TLS holds bytes that the socket does not show.
    var hasDecrypted: Bool { sluice_has_decrypted(pointer) != 0 }

    private static nonisolated let libraryStarted: Int32 = mosquitto_lib_init()
}

extension mosq_err_t {
    var code: Int32 { rawValue }
}
