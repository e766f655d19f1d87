/// Where a service answers operators: section `http`.
public struct HTTPSettings: Sendable {
    public let host: String
    /// 0: any free port.
    public let port: Int

    public init(from reader: SettingsReader) {
        host = reader.string("host", default: "127.0.0.1", "The address to listen on; 0.0.0.0 for all.")
        port = reader.int("port", default: 0, in: 0...65_535, "The port to listen on; 0 takes any free one.")
    }
}
