internal import NIOCore
internal import NIOSSL
internal import Synchronization

/// Which servers are believed to be who they say. What it needs for TLS is made at the first server that speaks it, once:
/// the system's authorities are many.
final class ServerTrust: Sendable {
    private let authorities: [NIOSSLCertificate]
    private let contexts = Mutex<[Bool: NIOSSLContext]>([:])

    /// - Parameter file: the authority in PEM form; nil: those that the system knows.
    /// - Throws: ``UnusableCertificate``.
    init(_ file: String?) throws(UnusableCertificate) {
        guard let file else {
            authorities = []
            return
        }
        authorities = try UnusableCertificate.certificates(in: file, for: "the authority of servers")
    }

    init() { authorities = [] }

    /// What a connection goes through; nil: nothing.
    func handler(for transport: HTTPAddress.Transport) throws -> NIOSSLClientHandler? {
        switch transport {
        case .plain: return nil
        case .unverifiedTLS: return try NIOSSLClientHandler(context: context(verifying: false), serverHostname: nil)
        case .tls(let name):
            // An address is no name that could be sent, and is compared with where the connection goes.
            let isAddress = (try? SocketAddress(ipAddress: name, port: 0)) != nil
            return try NIOSSLClientHandler(context: context(verifying: true), serverHostname: isAddress ? nil : name)
        }
    }

    private func context(verifying: Bool) throws -> NIOSSLContext {
        try contexts.withLock { contexts in
            if let context = contexts[verifying] { return context }
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.minimumTLSVersion = .tlsv12
            configuration.certificateVerification = verifying ? .fullVerification : .none
            if !authorities.isEmpty { configuration.trustRoots = .certificates(authorities) }
            let context = try NIOSSLContext(configuration: configuration)
            contexts[verifying] = context
            return context
        }
    }

    /// BoringSSL's own word for what went wrong, such as `CERTIFICATE_VERIFY_FAILED`; nil for errors that are not TLS's.
    static func reason(_ error: any Error) -> String? {
        guard error is NIOSSLError || error is NIOSSLExtraError || error is BoringSSLError else { return nil }
        let text = "\(error)"
        let word = text.firstRange(of: "OPENSSL_internal:").map { text[$0.upperBound...].prefix { !$0.isWhitespace } }
        return "TLS failed: \(word.map(String.init) ?? text)"
    }
}

/// What TLS said first when it failed: whoever writes or reads then only learns that the connection is closed.
final class HandshakeFault: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    private let reason = Mutex<String?>(nil)

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        reason.withLock { $0 = $0 ?? ServerTrust.reason(error) }
        context.fireErrorCaught(error)
    }

    /// Nil when TLS did not fail. It is as if nobody listened there: nobody whom we would ask.
    func noReply(from server: String) -> HTTPNoReply? {
        reason.withLock { $0 }.map { HTTPNoReply(cause: .unreachable, server: server, reason: $0) }
    }
}
