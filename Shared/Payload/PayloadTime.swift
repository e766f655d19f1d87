internal import CSimdjson
internal import Model

/// The time that a device claims.
extension JSONDocument {
    /// - Returns: µs since 1970; the arrival when there is no field.
    func timestamp(
        _ field: sluice_json_field?, receivedAt: Timestamp, rules: PayloadRules
    ) throws(PayloadFault) -> Int64 {
        guard let field else { return receivedAt.microseconds }
        guard let time = try microseconds(field) else {
            throw PayloadFault(
                reason: .invalidTimestamp,
                detail: "timestamp is \(described(field)); expected ISO 8601 text or a Unix time")
        }
        guard time >= rules.earliest.microseconds, time <= receivedAt.advanced(by: rules.clockSkew).microseconds else {
            throw PayloadFault(
                reason: .timestampOutOfRange,
                detail: "timestamp \(excerpt(of: field)) is outside \(rules.earliest.iso8601) until "
                    + "\(rules.clockSkew) after the arrival at \(receivedAt.iso8601)")
        }
        return time
    }

    private func microseconds(_ field: sluice_json_field) throws(PayloadFault) -> Int64? {
        switch field.kind {
        case SLUICE_JSON_INTEGER: return UnixTime.microseconds(field.integer)
        case SLUICE_JSON_NUMBER: return UnixTime.microseconds(field.number)
        case SLUICE_JSON_NUMBER_OUT_OF_RANGE: return Int64.max
        case SLUICE_JSON_STRING:
            if field.holdsNUL { throw .nul(in: "timestamp") }
            return TimestampText.microseconds(field.string)
        default: return nil
        }
    }
}

/// Unix times whose unit is told from their size: below 10^11 seconds, below 10^14 milliseconds, below 10^17
/// microseconds, else nanoseconds. As seconds 10^11 is the year 5138; as milliseconds it is 1973, before any time that
/// the standard rules take.
enum UnixTime {
    /// Nanoseconds are rounded down.
    static func microseconds(_ number: Int64) -> Int64 {
        switch number.magnitude {
        case ..<100_000_000_000: number * 1_000_000
        case ..<100_000_000_000_000: number * 1_000
        case ..<100_000_000_000_000_000: number
        default: number.flooredQuotient(1_000)
        }
    }

    /// Rounded to the nearest microsecond. What no Int64 holds comes out as its largest or smallest value.
    static func microseconds(_ number: Double) -> Int64 {
        let scale: Double =
            switch number.magnitude {
            case ..<1e11: 1e6
            case ..<1e14: 1e3
            case ..<1e17: 1
            default: 1e-3
            }
        let scaled = (number * scale).rounded()
        return Int64(exactly: scaled) ?? (number < 0 ? .min : .max)
    }
}
