internal import CPostgreSQL
internal import IOLoop
internal import ZeroMQ

extension PostgreSQLConnection {
    /// Makes a connection, or throws `cannotConnect` (retriable) with libpq's reason within `connectTimeout`.
    ///
    /// The session speaks UTF-8 and UTC, answers with full precision, and `onNotice` gets what the server remarks.
    public static func connect(
        _ configuration: PostgreSQLConfiguration,
        onNotice: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws -> PostgreSQLConnection {
        let connection = PostgreSQLConnection(configuration, onNotice: onNotice)
        let address = try await ServerAddress.resolve(configuration)
        guard let handle = configuration.startConnecting(to: address) else {
            throw connection.cannotConnect("out of memory")
        }
        connection.adopt(handle)
        do {
            try await connection.perform("connect", within: configuration.connectTimeout) { handle in
                try await connection.pollUntilConnected(handle)
            }
        } catch let error as PostgreSQLError {
            throw connection.cannotConnect(error.message, sqlState: error.sqlState)
        }
        return connection
    }

    private func pollUntilConnected(_ handle: OpaquePointer) async throws {
        guard PQstatus(handle) != CONNECTION_BAD else { throw abandonBroken(handle) }
        var state = PGRES_POLLING_WRITING
        while true {
            switch state {
            case PGRES_POLLING_OK:
                PQsetnonblocking(handle, 1)
                return
            case PGRES_POLLING_READING: try await waitUntilReady(for: .readable)
            case PGRES_POLLING_WRITING: try await waitUntilReady(for: .writable)
            default: throw abandonBroken(handle)
            }
            forgetSocket()
            state = PQconnectPoll(handle)
        }
    }

    private func cannotConnect(_ reason: String, sqlState: String? = nil) -> PostgreSQLError {
        PostgreSQLError(
            kind: .cannotConnect, operation: "connect to \(configuration.redactedURL)", sqlState: sqlState,
            message: reason)
    }
}

extension PostgreSQLConfiguration {
    /// Begins to connect.
    fileprivate func startConnecting(to address: ServerAddress?) -> OpaquePointer? {
        // `dbname` first, expanded: the URL's own settings win over the ones before it and lose to the ones after.
        var settings: [(String, String)] = [
            ("application_name", applicationName),
            ("client_encoding", "UTF8"),
            ("options", "-c TimeZone=UTC -c standard_conforming_strings=on"),
            ("keepalives_idle", "10"), ("keepalives_interval", "5"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "30000"),
            ("dbname", url),
        ]
        if let password { settings.append(("password", password)) }
        if let address { settings += [("host", address.host), ("hostaddr", address.hostaddr)] }
        return withCStrings(settings.map(\.0)) { keywords in
            withCStrings(settings.map(\.1)) { values in
                PQconnectStartParams(keywords, values, 1)
            }
        }
    }

    /// A NULL-terminated array of C strings for the length of `body`.
    private func withCStrings<Answer>(
        _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Answer
    ) -> Answer {
        let copies = texts.map { Array($0.utf8CString) }
        return withPointers(to: copies[...], collected: [], body)
    }

    private func withPointers<Answer>(
        to copies: ArraySlice<[CChar]>, collected: [UnsafePointer<CChar>?],
        _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Answer
    ) -> Answer {
        guard let first = copies.first else {
            return (collected + [nil]).withUnsafeBufferPointer { pointers in
                // Never nil: it holds at least the terminator.
                body(pointers.baseAddress.unsafelyUnwrapped)
            }
        }
        return first.withUnsafeBufferPointer { pointer in
            withPointers(to: copies.dropFirst(), collected: collected + [pointer.baseAddress], body)
        }
    }
}
