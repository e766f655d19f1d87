internal import AlertRecords
internal import Model
internal import Redis

extension RedisScript {
    /// Stores what is new of one series. Any order and any repetition of calls leads to the same keys.
    ///
    /// KEYS: the hash of the latest reading, the list of the last ones.
    /// ARGV: seconds to live, length of the list, value, timestamp and unit of the newest reading, and then the
    /// readings as JSON, oldest first.
    ///
    /// The hash never goes back to an older timestamp: the texts are of fixed width, so that their order is that of
    /// time. The list is ordered by time and not by arrival, so a late reading takes its place in it, or none when a
    /// hundred younger ones are there. Usually everything new is newer than the head, and then it is pushed; else
    /// the two ordered sequences are merged, and what is in the list already (the same event_id) is left out.
    static let storeReadings = RedisScript(
        name: "store readings",
        source: """
            local latest, list = KEYS[1], KEYS[2]
            local ttl, limit = ARGV[1], tonumber(ARGV[2])
            local shown = redis.call('HGET', latest, 'timestamp')
            if not shown or shown <= ARGV[4] then
                redis.call('HSET', latest, 'value', ARGV[3], 'timestamp', ARGV[4], 'unit', ARGV[5])
            end
            redis.call('EXPIRE', latest, ttl)

            local function timestamp(reading) return string.sub(reading, 15, 41) end
            local function identity(reading) return string.match(reading, '"event_id":"([^"]*)"', 42) or reading end

            -- Nothing in the list is newer than the hash was; without a hash, the head of the list tells.
            local newest = shown
            if not newest then
                local head = redis.call('LINDEX', list, 0)
                newest = head and timestamp(head)
            end
            if not newest or newest < timestamp(ARGV[6]) then
                redis.call('LPUSH', list, unpack(ARGV, 6))
            else
                local old = redis.call('LRANGE', list, 0, -1)
                local merged, present = {}, {}
                for _, reading in ipairs(old) do present[identity(reading)] = true end
                local i, j = 1, #ARGV
                while #merged < limit and (i <= #old or j >= 6) do
                    if j < 6 or (i <= #old and timestamp(old[i]) > timestamp(ARGV[j])) then
                        merged[#merged + 1] = old[i]
                        i = i + 1
                    else
                        local name = identity(ARGV[j])
                        if not present[name] then
                            merged[#merged + 1] = ARGV[j]
                            present[name] = true
                        end
                        j = j - 1
                    end
                end
                redis.call('DEL', list)
                redis.call('RPUSH', list, unpack(merged))
            end
            redis.call('LTRIM', list, 0, limit - 1)
            redis.call('EXPIRE', list, ttl)
            return 1
            """)
}

/// How much of it Redis keeps, and how long.
struct CacheLimits: Sendable, Equatable {
    var listLength = 100
    var secondsToLive = 3_600
    var alertSecondsToLive = 7 * 86_400

    /// Of an alert that is read back. At least one, and never more than one that has just changed has.
    func secondsLeft(of alert: AlertRecord, at now: Timestamp) -> Int {
        let age = now.since(alert.changedAt).components.seconds
        return min(max(alertSecondsToLive - Int(age), 1), alertSecondsToLive)
    }
}

extension RedisPipeline {
    /// Adds one script call that stores `series`; at most the newest readings that the list can hold.
    ///
    /// - Precondition: there is at least one reading.
    mutating func store(_ series: CachedSeries, _ limits: CacheLimits) {
        let readings = series.readings.suffix(limits.listLength)
        guard let newest = readings.last else { return }
        let name = "\(series.device):\(series.sensor)"
        beginCall(.storeReadings, keys: "sensor:\(name)", "ts:\(name)")
        argument(limits.secondsToLive)
        argument(limits.listLength)
        argument(newest.value.description)
        argument(newest.timestamp.iso8601)
        argument(newest.unit)
        for reading in readings {
            argument(bytes: reading.json(device: series.device, sensor: series.sensor).bytes)
        }
    }
}
