internal import Model
internal import Pipes
internal import Settings
internal import StageRuntime

// What the configuration says, in the terms of the modules that connect.
extension StorageWriterConfiguration {
    var partitions: PartitionCount { PartitionCount(rawValue: UInt16(pipeline.partitions)) }

    func upstreamAddresses(in instances: InstanceDirectory?) throws(NoUpstream) -> UpstreamAddresses {
        if !upstream.isEmpty { return .fixed(upstream) }
        guard let instances else { throw NoUpstream() }
        return .registry(directory: instances.path, service: "anomaly-detector")
    }
}

/// Nobody said where readings come from.
struct NoUpstream: Error, CustomStringConvertible {
    let isRetriable = false

    var description: String {
        "cannot find anomaly-detector: set storage_writer.upstream to its addresses (tcp://host:port), or give --registry"
    }
}
