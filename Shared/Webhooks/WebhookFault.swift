internal import AsyncHTTPClient
internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Settings

/// Why an attempt had no answer. Reads aloud: "cannot reach https://example.org/alerts: Connection refused (errno 111)".
struct WebhookFault: CustomStringConvertible {
    let description: String

    init(_ error: any Error, _ settings: WebhookSettings) {
        let url = settings.url
        description =
            switch error {
            case let error as HTTPClientError: Self.sentence(error, settings)
            case let error as IOError: "cannot reach \(url): \(Self.reason(error))"
            case let error as NIOConnectionError: "cannot reach \(url): \(Self.reason(error))"
            case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: "cannot trust \(url): \(Self.tlsReason(error))"
            default: "cannot reach \(url): \(error)"
            }
    }

    private static func sentence(_ error: HTTPClientError, _ settings: WebhookSettings) -> String {
        let (url, limit) = (settings.url, DurationText.format(settings.timeout))
        return switch error {
        case .connectTimeout: "cannot connect to \(url) within \(limit)"
        case .deadlineExceeded: "\(url) did not answer within \(limit)"
        case .remoteConnectionClosed: "\(url) closed the connection without an answer"
        default: "cannot reach \(url): \(error)"
        }
    }

    /// A name may have many addresses; why the last of them failed says enough.
    private static func reason(_ error: NIOConnectionError) -> String {
        if let failure = error.connectionErrors.last?.error {
            return (failure as? IOError).map(Self.reason) ?? "\(failure)"
        }
        return (error.dnsAError ?? error.dnsAAAAError).map { "\($0)" } ?? "its name has no address"
    }

    private static func reason(_ error: IOError) -> String {
        "\(String(cString: strerror(error.errnoCode))) (errno \(error.errnoCode))"
    }

    /// BoringSSL's own word for it, such as CERTIFICATE_VERIFY_FAILED, without the place in its source.
    private static func tlsReason(_ error: any Error) -> String {
        let text = "\(error)"
        guard let word = text.firstRange(of: "OPENSSL_internal:") else { return text }
        return String(text[word.upperBound...].prefix { !$0.isWhitespace })
    }
}
