internal import AsyncHTTPClient
internal import Model
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL
internal import Settings

/// POSTs to one webhook. The HTTP client runs on threads of its own.
struct WebhookClient: Sendable {
    private let client: HTTPClient
    private let settings: WebhookSettings

    init(_ settings: WebhookSettings) {
        self.settings = settings
        var security = TLSConfiguration.makeClientConfiguration()
        if let file = settings.authorityFile { security.trustRoots = .file(file) }
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: security, redirectConfiguration: .disallow,
            timeout: .init(connect: TimeAmount(settings.timeout)))
        // The retries are ours: a server that is away is told of at once.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        client = HTTPClient(configuration: configuration)
    }

    /// Must have been called before the last reference goes.
    func shutDown() async throws {
        try await client.shutdown()
    }

    /// One attempt.
    ///
    /// - Throws: `CancellationError` only.
    func post(_ message: WebhookMessage, at now: Timestamp) async throws -> WebhookAnswer {
        do {
            let response = try await client.execute(request(message, at: now), timeout: TimeAmount(settings.timeout))
            let retryAfter = response.headers.first(name: "Retry-After").flatMap { RetryAfter.parse($0, now: now) }
            let excerpt = await excerpt(of: response.body)
            return .answered(status: Int(response.status.code), excerpt: excerpt, retryAfter: retryAfter)
        } catch {
            try Task.checkCancellation()
            return .unreachable(WebhookFault(error, settings).description)
        }
    }

    private func request(_ message: WebhookMessage, at now: Timestamp) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: settings.url.request.reveal())
        request.method = .POST
        let seconds = now.microseconds / 1_000_000
        request.headers.add(name: "Content-Type", value: "application/json")
        request.headers.add(name: "User-Agent", value: "sluice")
        request.headers.add(name: "X-Sluice-Delivery", value: message.headerID)
        request.headers.add(name: "X-Sluice-Timestamp", value: "\(seconds)")
        if let secret = settings.secret {
            let signature = WebhookSignature(message.body, seconds: seconds, secret: secret)
            request.headers.add(name: "X-Sluice-Signature", value: "\(signature)")
        }
        if let credentials = settings.url.credentials {
            request.setBasicAuth(username: credentials.username, password: credentials.password.reveal())
        }
        request.body = .bytes(ByteBuffer(bytes: message.body))
        return request
    }

    /// The beginning of the answer as one line. Its end is awaited, so that the connection can be used again, but not for ever: the
    /// client's own limit ends with the answer's head.
    private func excerpt(of body: HTTPClientResponse.Body) async -> String {
        let limit = settings.timeout
        return await withTaskGroup(of: [UInt8]?.self) { group in
            group.addTask { (try? await body.collect(upTo: 65_536)).map { Array($0.readableBytesView.prefix(200)) } }
            group.addTask {
                try? await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            return (await group.next() ?? nil).map(Self.line) ?? ""
        }
    }

    /// Without line breaks and other control characters: it goes to logs and tables.
    private static func line(_ bytes: [UInt8]) -> String {
        let text = String(decoding: bytes, as: UTF8.self)
        return String(text.map { $0.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F } ? $0 : " " })
    }
}

extension TimeAmount {
    fileprivate init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self = .nanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
