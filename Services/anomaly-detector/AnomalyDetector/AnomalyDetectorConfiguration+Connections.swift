internal import Alerting
internal import DetectorCatalog
internal import Detectors
internal import FoundationEssentials
internal import MQTT
internal import Model
internal import Pipes
internal import Plugins
internal import PostgreSQL
internal import Redis
internal import Settings
internal import StageRuntime

// What the configuration says, in the terms of the modules that connect.
extension AnomalyDetectorConfiguration {
    var stateStore: RedisConfiguration {
        var store = RedisConfiguration(redis)
        // Batches wait while the state of new series is loaded: a Redis that hangs must not hold them up for long.
        store.replyTimeout = .seconds(2)
        store.lastRetry = .seconds(2)
        return store
    }

    func broker(clientID: String) -> MQTTOptions {
        var options = MQTTOptions(mqtt, clientID: clientID)
        options.sendMaximum = 1_000
        return options
    }

    /// The detectors, and last the statistics that Redis shows.
    ///
    /// - Throws: ``PluginError`` for a model that a detector cannot use.
    func makeChain() throws -> DetectorChain {
        let fault = PluginFault(in: ProcessInfo.processInfo.environment)
        let members = try detectors.map {
            DetectorChain.Member(fault.applied(to: try $0.makeDetector()), for: $0.scope)
        }
        let chain = DetectorChain(members + [DetectorChain.Member(StreamStatistics())])
        chain.use(PluginQuarantine.Limits(plugins))
        return chain
    }

    /// - Throws: ``InvalidMuting``, for a detector's name that cannot be matched.
    func makeAlerts() throws -> AlertBook {
        var book = AlertBook(policies: Dictionary(uniqueKeysWithValues: detectors.map { ($0.name, $0.policy) }))
        // Until PostgreSQL has said.
        book.knowsSilences = false
        guard inhibitDevices else { return book }
        book.inhibitions = try detectors.filter(\.watchesSilences).map { detector throws(InvalidMuting) in
            try Inhibition.offline(detector: detector.name)
        }
        return book
    }

    func database(_ instance: String) -> PostgreSQLConfiguration {
        PostgreSQLConfiguration(postgres, applicationName: "sluice \(instance)")
    }

    var partitions: PartitionCount { PartitionCount(rawValue: UInt16(pipeline.partitions)) }

    func upstreamAddresses(in instances: InstanceDirectory?) throws(NoUpstream) -> UpstreamAddresses {
        if !upstream.isEmpty { return .fixed(upstream) }
        guard let instances else { throw NoUpstream() }
        return .registry(directory: instances.path, service: "preprocessor")
    }
}

/// Nobody said where readings come from.
struct NoUpstream: Error, CustomStringConvertible {
    let isRetriable = false

    var description: String {
        "cannot find preprocessor: set anomaly_detector.upstream to its addresses (tcp://host:port), or give --registry"
    }
}
