internal import Glibc
internal import Settings

/// Which series a detector is for: patterns of shells (`*`, `?`, `[a-c]`; glob(7)) for sensor types and for devices.
public struct SeriesScope: Hashable, Sendable {
    /// Any of them must match; empty: every sensor type.
    public var sensors: [String] = []
    /// Any of them must match; empty: every device.
    public var devices: [String] = []

    public static let everything = SeriesScope()

    public init() {}

    init(from reader: SettingsReader) {
        sensors = reader.strings(
            "sensors", default: [], "Sensor types that it is for, as patterns such as temp*; empty: all.")
        devices = reader.strings(
            "devices", default: [], "Devices that it is for, as patterns such as boiler-*; empty: all.")
    }

    public var isEverything: Bool { sensors.isEmpty && devices.isEmpty }

    public func contains(device: String, sensor: String) -> Bool {
        Self.any(of: sensors, matches: sensor) && Self.any(of: devices, matches: device)
    }

    /// Whether any series of the device may be.
    func contains(device: String) -> Bool { Self.any(of: devices, matches: device) }

    private static func any(of patterns: [String], matches name: String) -> Bool {
        patterns.isEmpty || patterns.contains { fnmatch($0, name, 0) == 0 }
    }
}
