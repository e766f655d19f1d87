/// Addresses that nobody beside this machine can reach, or listen to.
public struct Loopback {
    /// - Parameter host: a name or an address, without brackets.
    public static func contains(_ host: some StringProtocol) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        let isIPv4 = parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
        return isIPv4 || host == "::1" || host.lowercased() == "localhost"
    }
}
