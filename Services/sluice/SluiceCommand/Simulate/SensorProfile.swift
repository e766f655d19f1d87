/// How one type of sensor behaves.
struct SensorProfile: Sendable {
    let sensorType: String
    let unit: String
    let mean: Double
    /// Half of the swing between day and night.
    let dailyAmplitude: Double
    /// Standard deviation around the true value.
    let noise: Double
    /// Standard deviation, over the devices, of the error that a sensor gains in a day.
    let driftPerDay: Double
    /// What an anomaly adds. It stays inside of what the sensor could physically measure.
    let anomaly: Double

    static let all = [
        SensorProfile(
            sensorType: "temperature", unit: "C", mean: 21, dailyAmplitude: 4, noise: 0.15, driftPerDay: 0.02,
            anomaly: 35),
        SensorProfile(
            sensorType: "humidity", unit: "%", mean: 40, dailyAmplitude: 6, noise: 0.5, driftPerDay: 0.05, anomaly: 40),
        SensorProfile(
            sensorType: "pressure", unit: "hPa", mean: 1013, dailyAmplitude: 2, noise: 0.1, driftPerDay: 0.01,
            anomaly: 60),
    ]
}
