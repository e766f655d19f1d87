/// A device's sensor, whatever the unit. Compared by bytes (``ExactText``).
public struct SensorName: Hashable, Sendable {
    public var device: String
    public var sensor: String

    public init(device: String, sensor: String) {
        self.device = device
        self.sensor = sensor
    }

    public init(of series: Series) {
        self.init(device: series.device, sensor: series.sensor)
    }

    public static func == (left: SensorName, right: SensorName) -> Bool {
        ExactText(left.device) == ExactText(right.device) && ExactText(left.sensor) == ExactText(right.sensor)
    }

    public func hash(into hasher: inout Hasher) {
        ExactText(device).hash(into: &hasher)
        ExactText(sensor).hash(into: &hasher)
    }
}
