internal import Model
internal import Pipes
internal import PostgreSQL
internal import Redis
internal import Settings
internal import StageRuntime

// What the configuration says, in the terms of the modules that connect.
extension StorageWriterConfiguration {
    func database(applicationName: String) -> PostgreSQLConfiguration {
        var database = PostgreSQLConfiguration(url: postgres.url, applicationName: applicationName)
        database.password = postgres.password?.reveal()
        database.connectTimeout = postgres.connectTimeout
        return database
    }

    var cache: RedisConfiguration {
        var cache = RedisConfiguration(host: redis.host, port: redis.port, database: redis.database)
        cache.user = redis.username
        cache.password = redis.password?.reveal()
        return cache
    }

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
