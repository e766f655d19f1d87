import HummingbirdTLS
import Settings

/// The files of `http.tls` do not make a server.
public struct UnusableCertificate: Error, CustomStringConvertible, Sendable {
    public let file: String
    public let reason: String
    public var isRetriable: Bool { false }
    public var description: String { "cannot use \(file) for http.tls: \(reason)" }

    /// A server's configuration of both files: TLS 1.2 and later.
    ///
    /// - Throws: ``UnusableCertificate``.
    static func guarding(_ settings: HTTPSettings.TLS) throws(UnusableCertificate) -> TLSConfiguration {
        let chain: [NIOSSLCertificate]
        let key: NIOSSLPrivateKey
        do {
            chain = try NIOSSLCertificate.fromPEMFile(settings.certificateFile)
        } catch {
            throw UnusableCertificate(file: settings.certificateFile, reason: "it holds no certificate in PEM form")
        }
        do {
            key = try NIOSSLPrivateKey(file: settings.privateKeyFile, format: .pem)
        } catch {
            throw UnusableCertificate(file: settings.privateKeyFile, reason: "it holds no private key in PEM form")
        }
        return TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    }
}
