extension WindowLevel {
    /// The windows of this level that hold the touched ones of the level below.
    func touched(by finer: WindowLevel) -> String {
        """
        CREATE TEMPORARY TABLE touched_\(suffix) ON COMMIT DROP AS
        SELECT sensor_id, date_bin('\(interval)', bucket, 'epoch') AS bucket, bool_or(pending) AS pending
        FROM touched_\(finer.suffix)
        GROUP BY 1, 2
        """
    }

    /// Stored rows from $1 to $2 without a touched window below.
    var strayRows: String {
        """
        INSERT INTO touched_\(suffix)
        SELECT sensor_id, bucket, false FROM \(table) AS stored
        WHERE bucket >= $1 AND bucket < $2
            AND NOT EXISTS (
                SELECT FROM touched_\(suffix) AS touched
                WHERE touched.sensor_id = stored.sensor_id AND touched.bucket = stored.bucket)
        """
    }

    /// What a level's windows are recomputed into. `n` is NULL for a window without readings.
    var recomputedTable: String {
        """
        CREATE TEMPORARY TABLE recomputed_\(suffix) ON COMMIT DROP AS
        SELECT \(Self.columns), NULL::boolean AS pending FROM \(table) WITH NO DATA
        """
    }

    /// Fills it from the windows of the level below.
    func recomputation(from finer: WindowLevel) -> String {
        recomputation(of: windows(of: finer))
    }

    /// Fills it from the readings from $1 to $2.
    var recomputationFromReadings: String {
        recomputation(of: readings) + " WHERE touched.bucket >= $1 AND touched.bucket < $2"
    }

    private func recomputation(of source: String) -> String {
        """
        INSERT INTO recomputed_\(suffix) (
            sensor_id, bucket, pending, n, mean, m2, min, max, first_time, first_value, last_time, last_value)
        SELECT touched.sensor_id, touched.bucket, touched.pending, computed.*
        FROM touched_\(suffix) AS touched LEFT JOIN LATERAL (\(source)) AS computed ON true
        """
    }

    /// The summary of a minute's readings.
    ///
    /// `var_samp` is PostgreSQL's Youngs–Cramer sum, which is stable. The values of the first and the last reading are
    /// looked up in the index (sensor_id, time), which is cheaper than sorting all. The constant bounds $1 and $2 leave
    /// the planner one day's partition; without them each window would visit all partitions.
    private var readings: String {
        """
        SELECT
            n, mean, m2, min, max, first_time,
            CASE WHEN min = max THEN min ELSE (
                SELECT value FROM reading_rows
                WHERE sensor_id = touched.sensor_id AND time = first_time AND time >= $1 AND time < $2
                ORDER BY value LIMIT 1
            ) END AS first_value,
            last_time,
            CASE WHEN min = max THEN max ELSE (
                SELECT value FROM reading_rows
                WHERE sensor_id = touched.sensor_id AND time = last_time AND time >= $1 AND time < $2
                ORDER BY value DESC LIMIT 1
            ) END AS last_value
        FROM (
            SELECT
                count(*) AS n,
                rollup_mean_of(
                    sum(value) FILTER (WHERE abs(value) < 1e140),
                    sum(value * 5.421010862427522e-20) FILTER (WHERE abs(value) >= 1e140),
                    count(*)) AS mean,
                CASE WHEN rollup_has_spread(min(value), max(value))
                    THEN coalesce(var_samp(value) FILTER (WHERE abs(value) < 1e140) * (count(*) - 1), 0)
                    ELSE 0 END AS m2,
                min(value) AS min, max(value) AS max, min(time) AS first_time, max(time) AS last_time
            FROM reading_rows
            WHERE sensor_id = touched.sensor_id
                AND time >= touched.bucket AND time < touched.bucket + interval '\(interval)'
                AND time >= $1 AND time < $2
            HAVING count(*) > 0
        ) AS of_readings
        """
    }

    /// The summary of the windows of the level below, which are right already: mean of means by weight, then Σ m2 and
    /// the spread between the means in a second pass.
    private func windows(of finer: WindowLevel) -> String {
        let inside = """
            FROM \(finer.table) AS part
            WHERE part.sensor_id = touched.sensor_id
                AND part.bucket >= touched.bucket AND part.bucket < touched.bucket + interval '\(interval)'
            """
        return """
            SELECT n, mean, coalesce(m2, 0) AS m2, min, max, first_time, first_value, last_time, last_value
            FROM (
                SELECT
                    sum(n)::bigint AS n,
                    rollup_mean_of(
                        sum(n * mean) FILTER (WHERE abs(mean) < 1e140),
                        sum(n * (mean * 5.421010862427522e-20)) FILTER (WHERE abs(mean) >= 1e140),
                        sum(n)::double precision) AS mean,
                    min(min) AS min, max(max) AS max,
                    min(first_time) AS first_time, (array_agg(first_value ORDER BY bucket))[1] AS first_value,
                    max(last_time) AS last_time, (array_agg(last_value ORDER BY bucket DESC))[1] AS last_value
                \(inside)
                HAVING count(*) > 0
            ) AS total
            CROSS JOIN LATERAL (
                SELECT sum(part.m2 + part.n * rollup_square(part.mean - total.mean)) AS m2
                \(inside) AND rollup_has_spread(total.min, total.max)
            ) AS spread
            """
    }

    /// Drops what is stored already, up to rounding. A window that tokens named is kept: it is expected to differ.
    var removalOfEqualRows: String {
        """
        DELETE FROM recomputed_\(suffix) AS recomputed USING \(table) AS stored
        WHERE NOT recomputed.pending
            AND stored.sensor_id = recomputed.sensor_id AND stored.bucket = recomputed.bucket
            AND (stored.n, stored.min, stored.max)
                IS NOT DISTINCT FROM (recomputed.n, recomputed.min, recomputed.max)
            AND (stored.first_time, stored.first_value, stored.last_time, stored.last_value)
                IS NOT DISTINCT FROM (
                    recomputed.first_time, recomputed.first_value, recomputed.last_time, recomputed.last_value)
            AND rollup_close(
                stored.mean, recomputed.mean, stored.n, greatest(abs(stored.min), abs(stored.max)))
            AND rollup_close(
                rollup_std(stored.n, stored.m2, stored.min, stored.max),
                rollup_std(recomputed.n, recomputed.m2, recomputed.min, recomputed.max),
                stored.n, greatest(abs(stored.min), abs(stored.max)))
        """
    }

    /// In the order of keys, as merges lock them.
    var replacement: String {
        """
        INSERT INTO \(table) (\(Self.columns))
        SELECT \(Self.columns) FROM recomputed_\(suffix) WHERE n IS NOT NULL ORDER BY sensor_id, bucket
        ON CONFLICT (sensor_id, bucket) DO UPDATE SET
            (n, mean, m2, min, max, first_time, first_value, last_time, last_value) = (
                excluded.n, excluded.mean, excluded.m2, excluded.min, excluded.max,
                excluded.first_time, excluded.first_value, excluded.last_time, excluded.last_value)
        """
    }

    var removalOfEmptyWindows: String {
        """
        DELETE FROM \(table) AS stored USING recomputed_\(suffix) AS recomputed
        WHERE recomputed.n IS NULL
            AND stored.sensor_id = recomputed.sensor_id AND stored.bucket = recomputed.bucket
        """
    }
}
