import HummingbirdTLS
import Settings

/// A file does not hold the certificate or key that it should.
public struct UnusableCertificate: Error, CustomStringConvertible, Sendable {
    public let file: String
    /// A setting, or whatever else names the file.
    public let purpose: String
    public let reason: String
    public var isRetriable: Bool { false }
    public var description: String { "cannot use \(file) for \(purpose): \(reason)" }

    /// A server's configuration of both files: TLS 1.2 and later.
    ///
    /// - Throws: ``UnusableCertificate``.
    static func guarding(_ settings: HTTPSettings.TLS) throws(UnusableCertificate) -> TLSConfiguration {
        let chain = try certificates(in: settings.certificateFile, for: "http.tls")
        let key: NIOSSLPrivateKey
        do {
            key = try NIOSSLPrivateKey(file: settings.privateKeyFile, format: .pem)
        } catch {
            let reason = "it holds no private key in PEM form"
            throw UnusableCertificate(file: settings.privateKeyFile, purpose: "http.tls", reason: reason)
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        return configuration
    }

    /// At least one.
    ///
    /// - Parameter purpose: as ``purpose``.
    /// - Throws: ``UnusableCertificate``.
    static func certificates(
        in file: String, for purpose: String
    ) throws(UnusableCertificate) -> [NIOSSLCertificate] {
        if let certificates = try? NIOSSLCertificate.fromPEMFile(file), !certificates.isEmpty { return certificates }
        throw UnusableCertificate(file: file, purpose: purpose, reason: "it holds no certificate in PEM form")
    }
}
