/// Who may be at the other end of a pipe: section `pipes`.
public struct PipeSettings: Sendable {
    public enum Plaintext: String, CaseIterable, Sendable {
        /// Without keys, pipes stay on this machine.
        case loopback
        /// Whoever can reach the port gets readings, and can send some.
        case anywhere
    }

    /// Nil: pipes are neither encrypted nor authenticated. Otherwise a ``CurveKey``'s text.
    public let secretKey: Secret?
    /// The folder of the public keys of all services, `SERVICE.pub`.
    public let knownKeys: String?
    public let plaintext: Plaintext

    /// - Parameters:
    ///   - reader: the service's own section.
    ///   - bind: where it listens; nil when it does not.
    ///   - upstream: where it connects.
    public init(from reader: SettingsReader, bind: String? = nil, upstream: [String] = []) {
        let section = reader.shared("pipes")
        let curve = section.section("curve")
        secretKey = curve.secret(
            "secret_key", "This service's secret key, as sluice keygen makes it; encrypts its pipes.",
            trust: .privateKey)
        knownKeys = curve.string(
            "known_keys", "The folder of the services' public keys, SERVICE.pub: whom it lets in, and whom it trusts.")
        plaintext = section.choice(
            "plaintext", default: .loopback,
            "loopback: pipes without keys stay on this machine; anywhere: others may read and write them.")
        if let secretKey, CurveKey(secretKey.reveal()) == nil {
            curve.reject("secret_key", "is no CURVE key", suggestion: "make one with sluice keygen")
        }
        if secretKey != nil, knownKeys == nil {
            curve.reject("known_keys", "is required beside secret_key", suggestion: "name the folder of public keys")
        }
        if secretKey == nil, knownKeys != nil {
            curve.reject(
                "known_keys", "says whom to trust, but there is no secret_key", suggestion: "give secret_key_file, too")
        }
        guard secretKey == nil, plaintext == .loopback else { return }
        if let bind { Self.refusePlaintext(bind, at: "bind", reader) }
        for address in upstream { Self.refusePlaintext(address, at: "upstream", reader) }
    }

    private static func refusePlaintext(_ address: String, at key: String, _ reader: SettingsReader) {
        guard !staysOnThisMachine(address) else { return }
        reader.reject(
            key, "\(address) is a pipe to other machines without keys: anybody on the way can read and forge readings",
            suggestion: "give pipes.curve.secret_key_file and known_keys (sluice keygen makes keys), "
                + "or write pipes.plaintext: anywhere")
    }

    /// Whether nobody else can reach, or listen to, what is sent there.
    public static func staysOnThisMachine(_ address: String) -> Bool {
        guard address.hasPrefix("tcp://") else { return address.hasPrefix("ipc://") || address.hasPrefix("inproc://") }
        let rest = address.dropFirst("tcp://".count)
        let host = rest.hasPrefix("[") ? rest.dropFirst().prefix { $0 != "]" } : rest.prefix { $0 != ":" }
        // Behind a semicolon stands where libzmq really connects to.
        return Loopback.contains(host) && !rest.contains(";")
    }
}
