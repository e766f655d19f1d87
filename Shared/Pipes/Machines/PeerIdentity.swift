/// How the upstream's transport names a connection: ZeroMQ's routing id. A reconnected peer has another one.
public struct PeerIdentity: Hashable, Sendable, Comparable, CustomStringConvertible {
    public var bytes: [UInt8]

    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    public static func < (left: PeerIdentity, right: PeerIdentity) -> Bool {
        left.bytes.lexicographicallyPrecedes(right.bytes)
    }

    public var description: String {
        bytes.map { String($0, radix: 16) }.joined(separator: ":")
    }
}
