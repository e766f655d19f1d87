/// When a plugin that keeps failing is left alone: section `plugins`. All of it is taken over on reload.
public struct PluginSettings: Hashable, Sendable {
    /// Batches in a row on which it failed.
    public let quarantineAfter: Int
    public let quarantine: Duration
    public let quarantineLimit: Duration

    public init(from reader: SettingsReader) {
        let times = Duration.milliseconds(100) ... .seconds(7 * 86_400)
        quarantineAfter = reader.int(
            "quarantine_after", default: 3, in: 1...1_000,
            "Batches in a row on which a plugin fails before it is left alone.", reload: .hot)
        quarantine = reader.duration(
            "quarantine", default: .seconds(60), in: times,
            "How long that is before it is tried with one batch; twice as long after each trial that fails.",
            reload: .hot)
        quarantineLimit = reader.duration(
            "quarantine_limit", default: .seconds(3_600), in: times, "The longest that it becomes.", reload: .hot)
        if quarantineLimit < quarantine {
            reader.reject("quarantine_limit", "must not be shorter than `quarantine`")
        }
    }
}
