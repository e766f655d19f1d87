/// Tells of a server on another machine that is asked without TLS, unless somebody said that this is meant: key `plaintext`.
struct PlainConnection {
    enum Permission: String, CaseIterable {
        /// Without TLS only servers of this machine are asked unremarked.
        case loopback
        /// The network between is protected by other means.
        case anywhere
    }

    /// - Parameters:
    ///   - hosts: where the server is; none: on a socket of this machine.
    ///   - isProtected: by TLS that knows the server.
    ///   - remedy: what to write in the place of it.
    static func judge(_ hosts: [String], isProtected: Bool, remedy: String, _ reader: SettingsReader) {
        let permission: Permission = reader.choice(
            "plaintext", default: .loopback,
            "loopback: a server on another machine that is asked without TLS is warned of; anywhere: it is meant so.")
        guard permission == .loopback, !isProtected else { return }
        guard let host = hosts.first(where: { !$0.isEmpty && !$0.hasPrefix("/") && !Loopback.contains($0) }) else {
            return
        }
        reader.warn(
            "url", "whoever is on the way to \(host) can read and change what goes there, passwords included",
            suggestion: "\(remedy), or plaintext: anywhere beside it where the network is protected by other means")
    }
}
