/// Everything that one service reads: its own section, and what every service has.
///
/// `sluice validate` reads this of each service, so that `storage_writer.http.port` is known there, too.
public struct ServiceSettings<Configuration: SettingsSection>: SettingsSection {
    public static var section: String { Configuration.section }

    public let own: Configuration
    public let http: HTTPSettings
    public let log: LogSettings
    public let health: HealthSettings
    /// How long a service that was told to stop may finish what it has.
    public let drainLimit: Duration

    public init(from reader: SettingsReader) {
        own = Configuration(from: reader)
        http = HTTPSettings(from: reader.shared("http"))
        log = LogSettings(from: reader.shared("log"))
        health = HealthSettings(from: reader.shared("health"))
        drainLimit = reader.duration(
            "drain_limit", default: .seconds(20), in: .seconds(1) ... .seconds(600),
            "How long it may finish what it has when told to stop; orchestrators must wait longer before they kill.",
            reload: .hot)
    }
}

extension ServiceSettings: Sendable where Configuration: Sendable {}
