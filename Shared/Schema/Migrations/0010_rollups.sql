-- Rollups: mergeable summaries of readings by minute, hour and day (UTC), and the tokens that say what is not yet in
-- them. docs/decisions has the note on why merging and recovering in any interleaving gives the right sum.

-- One row a committed writer transaction: these readings are not yet in the rollups. The arrays are aligned, distinct
-- pairs: sensor, and minute of the reading's time since 1970 (floor).
CREATE TABLE rollup_tokens (
    token bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    sensor_ids integer[] NOT NULL,
    minutes integer[] NOT NULL,
    CHECK (cardinality(sensor_ids) = cardinality(minutes))
);

-- n, mean and m2 = Σ(x − mean)² are the mergeable form of count, average and variance.
-- first is the reading with the smallest (time, value), last the one with the greatest: no order of arrival matters.
CREATE TABLE rollup_1m_rows (
    sensor_id integer NOT NULL,
    bucket timestamptz NOT NULL,
    n bigint NOT NULL,
    mean double precision NOT NULL,
    m2 double precision NOT NULL,
    min double precision NOT NULL,
    max double precision NOT NULL,
    first_time timestamptz NOT NULL,
    first_value double precision NOT NULL,
    last_time timestamptz NOT NULL,
    last_value double precision NOT NULL,
    PRIMARY KEY (sensor_id, bucket)
) WITH (fillfactor = 80);

CREATE TABLE rollup_1h_rows (LIKE rollup_1m_rows INCLUDING ALL) WITH (fillfactor = 80);

CREATE TABLE rollup_1d_rows (LIKE rollup_1m_rows INCLUDING ALL) WITH (fillfactor = 80);

-- x / n without PostgreSQL's error on underflow: one reading of 5e-324 must not stop the rollups of all others.
CREATE FUNCTION rollup_share(x double precision, n double precision) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT CASE WHEN abs(x) <= n * 5e-324::double precision THEN 0 ELSE x / n END $$;

-- x² without the error on underflow. The caller sees to it that it does not overflow.
CREATE FUNCTION rollup_square(x double precision) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT CASE WHEN abs(x) < 1.6e-162 THEN 0 ELSE x * x END $$;

-- Values beyond this have squares that do not fit into a double: a window with one has a mean, but no spread (m2 = 0).
CREATE FUNCTION rollup_has_spread(min double precision, max double precision) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT min > -1e140::double precision AND max < 1e140::double precision $$;

-- A mean out of the sum of the values that have spread, and of 2^-64 times those that have not. Sums of values near
-- the greatest double would overflow, which is an error in PostgreSQL; the limit is the greatest double times 2^-64.
CREATE FUNCTION rollup_mean_of(sum double precision, scaled_sum double precision, n double precision)
    RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
        SELECT rollup_share(coalesce(sum, 0), n)
            + greatest(-9.745314011399998e288, least(9.745314011399998e288, coalesce(scaled_sum, 0) / n))
            * 18446744073709551616::double precision
    $$;

-- The mean of two groups. Source of this and of rollup_m2: Chan, Golub, LeVeque, "Updating Formulae and a Pairwise
-- Algorithm for Computing Sample Variances", 1979.
CREATE FUNCTION rollup_mean(
    n double precision, mean double precision, other_n double precision, other_mean double precision
) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
        SELECT CASE
            WHEN rollup_has_spread(least(mean, other_mean), greatest(mean, other_mean))
            THEN mean + rollup_share((other_mean - mean) * other_n, n + other_n)
            ELSE CASE WHEN abs(mean) < 1 THEN 0 ELSE mean * (n / (n + other_n)) END
                + CASE WHEN abs(other_mean) < 1 THEN 0 ELSE other_mean * (other_n / (n + other_n)) END
        END
    $$;

-- Σ(x − mean)² of two groups.
CREATE FUNCTION rollup_m2(
    n double precision, mean double precision, m2 double precision,
    other_n double precision, other_mean double precision, other_m2 double precision,
    min double precision, max double precision
) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
        SELECT CASE
            WHEN NOT rollup_has_spread(min, max) THEN 0
            -- The square would underflow.
            WHEN abs(other_mean - mean) < 1.6e-162 THEN m2 + other_m2
            ELSE m2 + other_m2
                + rollup_share((other_mean - mean) * (other_mean - mean) * n * other_n, n + other_n)
        END
    $$;

-- The sample standard deviation, as stddev_samp has it: NULL for one reading.
CREATE FUNCTION rollup_std(n bigint, m2 double precision, min double precision, max double precision)
    RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT CASE WHEN n > 1 AND rollup_has_spread(min, max) THEN sqrt(rollup_share(m2, n - 1)) END $$;

-- Whether two means, or two spreads, of the same n readings differ by rounding alone: by 1e-9 of the value, or by what
-- adding up n numbers of that magnitude may lose (constant readings have a spread of 0, or of rounding errors).
-- Beyond the doubles that can be multiplied safely the comparison is made in numeric.
CREATE FUNCTION rollup_close(
    left_value double precision, right_value double precision, n bigint, magnitude double precision
) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
        SELECT CASE
            WHEN left_value IS NULL OR right_value IS NULL THEN left_value IS NULL AND right_value IS NULL
            WHEN left_value = right_value THEN true
            WHEN magnitude > 1e-280 AND magnitude < 1e140
            THEN abs(left_value - right_value)
                <= 1e-9 * greatest(abs(right_value), 1e-300) + 2.3e-16 * n * magnitude
            ELSE abs(left_value::numeric - right_value::numeric) <= 1e-9 * magnitude::numeric
        END
    $$;

CREATE VIEW rollup_1m AS
    SELECT
        bucket, device_id, sensor_type, mean AS avg_value, min AS min_value, max AS max_value,
        rollup_std(n, m2, min, max) AS std_value, n AS reading_count, first_value, last_value
    FROM rollup_1m_rows JOIN sensors USING (sensor_id);

CREATE VIEW rollup_1h AS
    SELECT
        bucket, device_id, sensor_type, mean AS avg_value, min AS min_value, max AS max_value,
        rollup_std(n, m2, min, max) AS std_value, n AS reading_count, first_value, last_value
    FROM rollup_1h_rows JOIN sensors USING (sensor_id);

CREATE VIEW rollup_1d AS
    SELECT
        bucket, device_id, sensor_type, mean AS avg_value, min AS min_value, max AS max_value,
        rollup_std(n, m2, min, max) AS std_value, n AS reading_count, first_value, last_value
    FROM rollup_1d_rows JOIN sensors USING (sensor_id);

-- Device activity by hour of day and day of week (UTC, Sunday = 1). Exact, because it is a view over the hours.
CREATE VIEW device_patterns AS
    SELECT
        device_id,
        extract(hour FROM bucket AT TIME ZONE 'UTC')::integer AS hour_of_day,
        extract(dow FROM bucket AT TIME ZONE 'UTC')::integer + 1 AS day_of_week,
        sum(n)::bigint AS reading_count,
        rollup_mean_of(
            sum(n * mean) FILTER (WHERE abs(mean) < 1e140),
            sum(n * (mean * 5.421010862427522e-20)) FILTER (WHERE abs(mean) >= 1e140),
            sum(n)::double precision) AS avg_value
    FROM rollup_1h_rows JOIN sensors USING (sensor_id)
    GROUP BY 1, 2, 3;

-- What lies before it is, or is about to be, dropped from the readings; its rollups stay and are not recomputed.
CREATE TABLE IF NOT EXISTS retention (
    single_row boolean PRIMARY KEY DEFAULT true CHECK (single_row),
    horizon timestamptz NOT NULL DEFAULT '-infinity'
);

INSERT INTO retention DEFAULT VALUES ON CONFLICT DO NOTHING;
