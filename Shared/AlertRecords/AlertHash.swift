internal import Alerting
internal import Model
public import Redis

extension RedisScript {
    /// Shows an alert as it is after a transition. Any order and any repetition of calls leads to the same keys.
    ///
    /// KEYS: the alert's hash, and what is remembered of the alert itself.
    /// ARGV: seconds to live, ordinal, the time of the transition, and then the hash's fields and values.
    ///
    /// The hash is named by the time of a reading. An alert that goes on to another one, as when what was pending fires, takes its hash
    /// along; so the second key has the alert's ordinal and the name of its hash. Where two alerts have one name, two
    /// detectors that found the same reading, the hash shows the one that changed last: the texts of times are of fixed width.
    public static let storeAlert = RedisScript(
        name: "store alert",
        source: """
            local hash, alert, ttl = KEYS[1], KEYS[2], ARGV[1]
            local id, ordinal, changed = ARGV[5], ARGV[2], ARGV[3]
            local known = redis.call('HMGET', alert, 'ordinal', 'hash')
            if known[1] and tonumber(known[1]) > tonumber(ordinal) then return 0 end
            if known[2] and known[2] ~= hash and redis.call('HGET', known[2], 'id') == id then
                redis.call('DEL', known[2])
            end
            redis.call('HSET', alert, 'ordinal', ordinal, 'hash', hash)
            redis.call('EXPIRE', alert, ttl)

            local shown = redis.call('HMGET', hash, 'id', 'changed_at')
            if shown[1] and shown[1] ~= id and shown[2] then
                if shown[2] > changed or (shown[2] == changed and shown[1] > id) then return 0 end
            end
            -- What was shown may have a location where this has none.
            redis.call('DEL', hash)
            redis.call('HSET', hash, unpack(ARGV, 4))
            redis.call('EXPIRE', hash, ttl)
            return 1
            """)
}

extension RedisPipeline {
    /// Writes `alert:{device}:{sensor}:{unix time}`, named by ``AlertRecord/time``; a later transition of the alert never gives way to
    /// an earlier one.
    ///
    /// - Precondition: the connection has ``RedisScript/storeAlert``.
    public mutating func store(_ record: AlertRecord, for secondsToLive: Int) {
        let seconds = record.time.microseconds.flooredQuotient(1_000_000)
        beginCall(
            .storeAlert, keys: "alert:\(record.device):\(record.sensor):\(seconds)", "alert-hash:\(record.id)")
        argument(max(secondsToLive, 1))
        argument(Int(record.ordinal))
        argument(record.changedAt.iso8601)
        for (name, field) in record.fields where AlertRecord.hashFields.contains(name) {
            argument(name)
            argument(field.text)
        }
    }
}

extension AlertRecord {
    /// What transitions alone tell, so that a refill leads to the same hash. `id` comes first: the script reads it there.
    fileprivate static let hashFields: Set<String> = [
        "id", "state", "severity", "device_id", "sensor_type", "detector", "value", "unit", "timestamp", "score",
        "threshold", "expected_low", "expected_high", "why", "location", "ordinal", "changed_at",
    ]
}
