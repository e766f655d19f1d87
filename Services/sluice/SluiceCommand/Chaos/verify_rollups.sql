-- The number of rows of rollup_1m, rollup_1h, rollup_1d and device_patterns that are not what SQL computes from the
-- readings: 0 when all is right. Count, min, max, first and last must be equal; average and sample standard deviation
-- to 1e-9 relative, or to what adding up so many numbers of that magnitude loses (rollup_close).
--
-- Wait until rollup_tokens is empty before asking. One statement, one number:
--     psql "$URL" -At -f Services/sluice/SluiceCommand/Chaos/verify_rollups.sql
WITH
    level (name, width) AS (VALUES ('1m', interval '1 minute'), ('1h', interval '1 hour'), ('1d', interval '1 day')),
    expected AS (
        SELECT
            name, device_id, sensor_type, date_bin(width, time, 'epoch') AS bucket,
            count(*) AS n, min(value) AS min, max(value) AS max,
            -- Squares of larger values overflow, which is an error in PostgreSQL.
            CASE WHEN max(abs(value)) < 1e140 THEN avg(value) FILTER (WHERE abs(value) < 1e140) END AS mean,
            CASE WHEN max(abs(value)) < 1e140 THEN stddev_samp(value) FILTER (WHERE abs(value) < 1e140) END AS std,
            -- Arrays compare by time, then by value. No sorting of all readings.
            (min(ARRAY[extract(epoch FROM time)::double precision, value]))[2] AS first,
            (max(ARRAY[extract(epoch FROM time)::double precision, value]))[2] AS last,
            max(abs(value)) AS magnitude
        FROM readings CROSS JOIN level
        GROUP BY 1, 2, 3, 4
    ),
    stored AS (
        SELECT '1m' AS name, * FROM rollup_1m
        UNION ALL
        SELECT '1h', * FROM rollup_1h
        UNION ALL
        SELECT '1d', * FROM rollup_1d
    ),
    unequal_windows AS (
        SELECT 1
        FROM expected FULL JOIN stored USING (name, device_id, sensor_type, bucket)
        WHERE expected.n IS DISTINCT FROM stored.reading_count
            OR expected.min IS DISTINCT FROM stored.min_value
            OR expected.max IS DISTINCT FROM stored.max_value
            OR expected.first IS DISTINCT FROM stored.first_value
            OR expected.last IS DISTINCT FROM stored.last_value
            OR expected.magnitude < 1e140 AND NOT rollup_close(stored.avg_value, expected.mean, expected.n, magnitude)
            OR expected.magnitude < 1e140 AND NOT rollup_close(stored.std_value, expected.std, expected.n, magnitude)
    ),
    expected_patterns AS (
        SELECT
            device_id,
            extract(hour FROM time AT TIME ZONE 'UTC')::integer AS hour_of_day,
            extract(dow FROM time AT TIME ZONE 'UTC')::integer + 1 AS day_of_week,
            count(*) AS n, max(abs(value)) AS magnitude,
            CASE WHEN max(abs(value)) < 1e140 THEN avg(value) FILTER (WHERE abs(value) < 1e140) END AS mean
        FROM readings
        GROUP BY 1, 2, 3
    ),
    unequal_patterns AS (
        SELECT 1
        FROM expected_patterns FULL JOIN device_patterns USING (device_id, hour_of_day, day_of_week)
        WHERE expected_patterns.n IS DISTINCT FROM reading_count
            OR magnitude < 1e140 AND NOT rollup_close(avg_value, expected_patterns.mean, n, magnitude)
    )
SELECT (SELECT count(*) FROM unequal_windows) + (SELECT count(*) FROM unequal_patterns) AS unequal_rows;
