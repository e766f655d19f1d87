/// What all stages must agree on: section `pipeline`.
public struct PipelineSettings: Sendable {
    /// Into how many parts the devices are shared out; the same for all services, for ever.
    public let partitions: Int
    /// Stored with every reading as `pipeline_version`.
    public let version: String

    public init(from reader: SettingsReader) {
        partitions = reader.int(
            "partitions", default: 32, in: 1...1024, "Parts into which devices are shared out by a stable hash.")
        version = reader.string("version", default: "1", "Stored with each reading as pipeline_version.")
    }
}
