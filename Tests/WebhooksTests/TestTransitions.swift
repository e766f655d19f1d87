import Alerting
import Model

/// Transitions as an alert of a boiler's temperature makes them.
func transition(
    _ ordinal: UInt32 = 1, alert: String = "0-1-0-tailsum", device: String = "boiler-1",
    severity: AlertSeverity = .warning, telling: AlertTelling = .told
) -> AlertTransition {
    let at = Timestamp(seconds: 1_790_000_000 + Int64(ordinal))
    return AlertTransition(
        alertID: alert, ordinal: ordinal,
        fingerprint: AlertFingerprint(series: SensorName(device: device, sensor: "température"), detector: "tailsum"),
        from: nil, to: .firing, at: at, cause: .fired, why: "97 °C is \"unlikely\"", severity: severity,
        telling: telling, subject: AlertSubject(time: at, value: 97.25, unit: "°C"))
}
