/// Why a reading is not stored as a reading. The enum is closed: no code path may discard one without naming
/// a case, and each case is counted under its raw value (`reason` in metrics, `dead_letters` and the ledger).
public enum DiscardReason: String, CaseIterable, Sendable, Codable {
    // The message as such.
    case invalidTopic = "invalid_topic"
    case emptyPayload = "empty_payload"
    case payloadTooLarge = "payload_too_large"
    case invalidUTF8 = "invalid_utf8"
    case invalidJSON = "invalid_json"
    case nestingTooDeep = "nesting_too_deep"
    case wrongShape = "wrong_shape"

    // One reading of the message.
    case missingValue = "missing_value"
    case valueNotANumber = "value_not_a_number"
    case numberOutOfRange = "number_out_of_range"
    case textContainsNUL = "text_contains_nul"
    case invalidUnit = "invalid_unit"
    case invalidLocation = "invalid_location"
    case invalidMetadata = "invalid_metadata"
    case invalidTimestamp = "invalid_timestamp"
    case timestampOutOfRange = "timestamp_out_of_range"
    case invalidPresence = "invalid_presence"

    // Rules and plugins.
    case outOfRange = "out_of_range"
    case pluginRejected = "plugin_rejected"
    /// A rule was told to leave these out; not a fault.
    case filtered

    // The store.
    case refusedByPostgreSQL = "refused_by_postgresql"
    case olderThanRetention = "older_than_retention"
}
