internal import Alerting
internal import Model
internal import PostgreSQL

// An alert is stored whatever a device sent: texts without NUL, and times that PostgreSQL's calendar and ISO 8601 have.

extension Timestamp {
    /// Within the years 1 to 9999.
    var storable: Timestamp {
        Timestamp(microseconds: min(max(microseconds, -62_135_596_800_000_000), 253_402_300_799_999_999))
    }
}

extension AlertTransition {
    var storable: AlertTransition {
        var storable = self
        storable.alertID = alertID.storable
        storable.fingerprint = AlertFingerprint(
            series: SensorName(device: fingerprint.device.storable, sensor: fingerprint.sensor.storable),
            detector: fingerprint.detector.storable)
        storable.at = at.storable
        storable.why = why.storable
        storable.actor = actor?.storable
        storable.subject.time = subject.time.storable
        storable.subject.unit = subject.unit.storable
        storable.subject.location = subject.location?.storable
        storable.subject.anomaly?.why = subject.anomaly?.why.storable ?? ""
        return storable
    }
}
