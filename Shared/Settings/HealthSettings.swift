/// When a service says that it is not well: section `health`. All of it is taken over on reload.
public struct HealthSettings: Hashable, Sendable {
    /// So long work may wait without any of it being done.
    public var stallAfter: Duration
    /// The shortest silence that is told of.
    public var silenceAfter: Duration
    /// nil: a silence never fails.
    public var silenceFailsAfter: Duration?
    /// A silence as long as this one is no fault any more, but a fleet that is quiet.
    public var forgetAfter: Duration
    /// Of the spool's limit, in percent.
    public var spoolWarning: Int
    /// Of the disk below a spool.
    public var diskWarning: ByteCount

    public init(from reader: SettingsReader) {
        stallAfter = reader.duration(
            "stall_after", default: .seconds(10), in: .seconds(1) ... .seconds(3_600),
            "`flow` fails when readings wait and none of them is done for so long.", reload: .hot)
        silenceAfter = reader.duration(
            "silence_after", default: .seconds(30), in: .seconds(1) ... .seconds(86_400),
            "`flow` is degraded when nothing comes for so long, and for three times the longest gap that is usual.",
            reload: .hot)
        let failing = reader.duration(
            "silence_fails_after", default: .seconds(300), in: .zero ... .seconds(7 * 86_400),
            "`flow` fails in mqtt-ingest and edge-processor when nothing comes for so long; 0s: never.", reload: .hot)
        silenceFailsAfter = failing == .zero ? nil : failing
        forgetAfter = reader.duration(
            "forget_after", default: .seconds(3_600), in: .seconds(1) ... .seconds(30 * 86_400),
            "A silence as long as this is taken for a quiet fleet: the usual rate is learnt anew.", reload: .hot)
        spoolWarning = reader.int(
            "spool_warning", default: 50, in: 1...100,
            "`spool` is degraded when it is this full, in percent, and growing.", reload: .hot)
        diskWarning = reader.bytes(
            "disk_warning", default: .mebibytes(256), in: ByteCount(0) ... .gibibytes(1_024),
            "`disk` is degraded when less than this is free.", reload: .hot)
    }
}

extension HealthSettings {
    /// The defaults.
    public static var standard: HealthSettings {
        HealthSettings(from: SettingsDocument(yaml: "", environment: [:]).reader(for: "health"))
    }
}
