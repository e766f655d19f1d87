public import HTTPEndpoints
public import Logging
public import Observability

/// What the frame hands to a service.
public struct ServiceContext: Sendable {
    public let identity: ServiceIdentity
    public let metrics: MetricsRegistry
    public let health: HealthBoard
    /// For checks; a reload changes them.
    public let healthLimits: HealthLimits
    public let logger: Logger
    /// Where instances find each other; nil when they are configured by address.
    public let instances: InstanceDirectory?
    /// Pages of the service's own; to be added while composing.
    public let routes: RouteTable

    let registration: InstanceRegistration?
    let onFailure: @Sendable (any Error) -> Void

    public var service: String { identity.service }
    public var instance: String { identity.instance }
    public var version: String { identity.version }

    /// For tests of services: nothing is announced, and failures are logged only.
    ///
    /// - Parameter directory: where other instances may be found.
    public init(service: String, instance: String, instances directory: InstanceDirectory? = nil) {
        let logger = Logger(label: service)
        self.init(
            identity: ServiceIdentity(service: service, instance: instance), logger: logger, instances: directory,
            registration: nil
        ) { error in logger.critical("\(error)") }
    }

    init(
        identity: ServiceIdentity, logger: Logger, metrics: MetricsRegistry = MetricsRegistry(),
        instances: InstanceDirectory?, registration: InstanceRegistration?,
        healthLimits: HealthLimits = HealthLimits(), onFailure: @escaping @Sendable (any Error) -> Void
    ) {
        self.identity = identity
        self.logger = logger
        self.instances = instances
        self.registration = registration
        self.onFailure = onFailure
        self.healthLimits = healthLimits
        self.metrics = metrics
        health = HealthBoard()
        routes = RouteTable()
    }

    /// Tells downstream instances where to connect, such as `tcp://127.0.0.1:5601`.
    public func announce(pipe address: String) {
        registration?.update { $0.pipe = address }
    }

    /// The service cannot go on: the process ends with 1, and whoever supervises it starts it again.
    public func fail(_ error: any Error) {
        onFailure(error)
    }
}
