/// Where a service answers operators: section `http`.
public struct HTTPSettings: Sendable {
    public let host: String
    /// 0: any free port.
    public let port: Int
    /// Nil: what needs it is shut.
    public let operatorToken: Secret?
    /// Who is told the version, from other machines.
    public let version: VersionAudience
    /// Nil: without TLS.
    public let tls: TLS?

    public enum VersionAudience: String, CaseIterable, Sendable {
        /// Who has the operators' token.
        case operators
        case everybody
    }

    /// Files in PEM form.
    public struct TLS: Sendable {
        /// Ours, and those between it and the authority.
        public let certificateFile: String
        public let privateKeyFile: String
    }

    public init(from reader: SettingsReader) {
        host = reader.string("host", default: "127.0.0.1", "The address to listen on; 0.0.0.0 for all.")
        port = reader.int("port", default: 0, in: 0...65_535, "The port to listen on; 0 takes any free one.")
        operatorToken = reader.secret(
            "operator_token", "Opens the pages that show or change operators' business; they are shut without one.")
        version = reader.choice(
            "version", default: .operators,
            "Who is told this program's version from other machines: operators, who have the token, or everybody.")
        tls = TLS(from: reader.section("tls"))
        if let operatorToken, !Self.fitsHeader(operatorToken.reveal()) {
            reader.reject(
                "operator_token", "cannot be sent as a bearer token",
                suggestion: "write letters, digits and -._~+/=, or leave it out to keep those pages shut")
        }
    }

    /// RFC 6750, section 2.1: `b64token`, which no server or proxy reads otherwise.
    private static func fitsHeader(_ token: String) -> Bool {
        let plain = token.utf8.prefix { $0 != UInt8(ascii: "=") }
        let padding = token.utf8.dropFirst(plain.count)
        return !plain.isEmpty && plain.allSatisfy(isPlain) && padding.allSatisfy { $0 == UInt8(ascii: "=") }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        let character = Character(Unicode.Scalar(byte))
        return character.isASCII && (character.isLetter || character.isNumber || "-._~+/".contains(character))
    }
}

extension HTTPSettings.TLS {
    fileprivate init?(from reader: SettingsReader) {
        let certificate = reader.file(
            "certificate_file", "Our certificate, with those between it and the authority; answers by https:// alone.",
            trust: .written)
        let key = reader.file("private_key_file", "The key of our certificate.", trust: .privateKey)
        if (certificate == nil) != (key == nil) {
            reader.reject("certificate_file", "needs private_key_file beside it, and the other way round")
        }
        guard let certificate, let key else { return nil }
        (certificateFile, privateKeyFile) = (certificate, key)
    }
}
