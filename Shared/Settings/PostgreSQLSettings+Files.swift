extension PostgreSQLSettings {
    /// What libpq believes, or shows to the server, by parameters of the URL
    /// (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS).
    private static let files: [String: FileTrust] = [
        "sslrootcert": .written, "sslcrl": .written, "sslcert": .written, "sslkey": .privateKey,
        "passfile": .privateKey,
    ]

    static func breaches(in url: String) -> [FileTrust.Breach] {
        guard let question = url.firstIndex(of: "?") else { return [] }
        return url[url.index(after: question)...].split(separator: "&").compactMap { parameter in
            let parts = parameter.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, let trust = files[String(parts[0])] else { return nil }
            return trust.breach(of: decoded(parts[1]))
        }
    }

    /// `%2F` is `/`.
    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%"), let code = UInt8(String(Substring(rest.prefix(2))), radix: 16) else {
                bytes.append(byte)
                continue
            }
            bytes.append(code)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
