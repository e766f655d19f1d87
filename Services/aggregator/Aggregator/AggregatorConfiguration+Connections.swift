internal import Model
internal import Pipes
internal import PostgreSQL
internal import Settings
internal import StageRuntime

// What the configuration says, in the terms of the modules that connect.
extension AggregatorConfiguration {
    func database(applicationName: String) -> PostgreSQLConfiguration {
        PostgreSQLConfiguration(postgres, applicationName: applicationName)
    }

    func upstreamAddresses(in instances: InstanceDirectory?) throws(MissingUpstream) -> UpstreamAddresses {
        if !upstream.isEmpty { return .fixed(upstream) }
        guard let instances else { throw MissingUpstream() }
        return .registry(directory: instances.path, service: "storage-writer")
    }

    var partitions: PartitionCount { PartitionCount(rawValue: UInt16(pipeline.partitions)) }
}

/// The service cannot know where storage-writer is.
struct MissingUpstream: Error, CustomStringConvertible {
    let description =
        "no storage-writer to connect to: set aggregator.upstream to its pipe's address, or start with --registry"
}
