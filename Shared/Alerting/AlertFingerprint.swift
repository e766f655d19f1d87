public import Model

/// What an alert is about. There is never more than one open alert of a fingerprint.
///
/// Compared by bytes (``ExactText``), as PostgreSQL compares the three columns that an upsert is keyed by.
public struct AlertFingerprint: Hashable, Sendable, CustomStringConvertible {
    /// The sensor is empty for what is said of a device as a whole.
    public var series: SensorName
    /// The detector's name in the configuration.
    public var detector: String

    public init(series: SensorName, detector: String) {
        self.series = series
        self.detector = detector
    }

    public var device: String { series.device }
    public var sensor: String { series.sensor }
    public var description: String { "\(device)/\(sensor) \(detector)" }

    public static func == (left: AlertFingerprint, right: AlertFingerprint) -> Bool {
        left.series == right.series && ExactText(left.detector) == ExactText(right.detector)
    }

    public func hash(into hasher: inout Hasher) {
        series.hash(into: &hasher)
        ExactText(detector).hash(into: &hasher)
    }
}
