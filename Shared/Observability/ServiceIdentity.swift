public import Model

/// Who a process is.
public struct ServiceIdentity: Hashable, Sendable {
    /// Such as `storage-writer`.
    public var service: String
    /// Unique among all that run: `storage-writer-1`.
    public var instance: String
    public var version: String
    public var started: Timestamp

    public init(
        service: String, instance: String, version: String = ServiceIdentity.productVersion,
        started: Timestamp = .now()
    ) {
        self.service = service
        self.instance = instance
        self.version = version
        self.started = started
    }

    /// Of all of Sluice: the services are released together.
    public static let productVersion = "0.1.0"
}
