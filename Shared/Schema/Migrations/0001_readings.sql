-- Readings, the small tables that their ids stand for, and what exactly-once rests on.

-- One spool file of mqtt-ingest. Every sequence below low_water is stored for good.
CREATE TABLE producers (
    producer_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    low_water bigint NOT NULL DEFAULT 0,
    first_seen timestamptz NOT NULL DEFAULT now()
);

-- Written in the transaction of the data: who inserts the row stores the readings, who meets it has a duplicate.
CREATE TABLE deliveries (
    producer_id integer NOT NULL,
    sequence bigint NOT NULL,
    partition smallint NOT NULL,
    PRIMARY KEY (producer_id, sequence, partition)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000);

CREATE TABLE sensors (
    sensor_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_id text NOT NULL,
    sensor_type text NOT NULL,
    UNIQUE (device_id, sensor_type)
);

CREATE TABLE units (
    unit_id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    unit text NOT NULL UNIQUE
);

CREATE TABLE pipeline_versions (
    pipeline_version_id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version text NOT NULL UNIQUE
);

-- One partition a day (UTC), named reading_rows_YYYYMMDD, made by storage-writer. Wide columns first, so that none is
-- padded. quality NULL means 1, flags: 1 retained, 2 duplicate. No foreign keys: the writer has just looked the ids up.
CREATE TABLE reading_rows (
    time timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    processed_at timestamptz,
    value double precision NOT NULL,
    sequence bigint NOT NULL,
    sensor_id integer NOT NULL,
    producer_id integer NOT NULL,
    position integer NOT NULL,
    quality real,
    anomaly_score real,
    unit_id smallint NOT NULL,
    pipeline_version_id smallint,
    flags smallint,
    location jsonb,
    metadata jsonb
) PARTITION BY RANGE (time);

CREATE INDEX reading_rows_sensor_time ON reading_rows (sensor_id, time);

-- Outer joins, so that a query that does not ask for a name does not pay for the join.
CREATE VIEW readings AS
    SELECT
        r.time, s.device_id, s.sensor_type, r.value, u.unit, coalesce(r.quality, 1::real) AS quality, r.anomaly_score,
        r.location,
        nullif(
            jsonb_strip_nulls(jsonb_build_object(
                'processed_at', to_char(r.processed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                'pipeline_version', v.version,
                'mqtt_retained', CASE WHEN r.flags & 1 <> 0 THEN true END,
                'mqtt_duplicate', CASE WHEN r.flags & 2 <> 0 THEN true END))
            || coalesce(r.metadata, '{}'), '{}') AS metadata,
        r.received_at, p.name || '-' || r.sequence || '-' || r.position AS event_id
    FROM reading_rows r
    LEFT JOIN sensors s ON s.sensor_id = r.sensor_id
    LEFT JOIN units u ON u.unit_id = r.unit_id
    LEFT JOIN producers p ON p.producer_id = r.producer_id
    LEFT JOIN pipeline_versions v ON v.pipeline_version_id = r.pipeline_version_id;

-- The days that have a partition.
CREATE VIEW reading_days AS
    SELECT to_date(right(c.relname, 8), 'YYYYMMDD') AS day, c.oid::regclass AS partition
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'reading_rows'::regclass AND NOT i.inhdetachpending
        AND c.relname ~ '^reading_rows_[0-9]{8}$';

-- Makes the partition of one day. CREATE TABLE … PARTITION OF would lock out every writer; a table that is made beside
-- and attached does not. Concurrent callers queue on the advisory lock (key: 'sluice', 2).
CREATE FUNCTION make_reading_day(day date) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
        DECLARE
            name text := 'reading_rows_' || to_char(day, 'YYYYMMDD');
            low timestamptz := day::timestamp AT TIME ZONE 'UTC';
            high timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
        BEGIN
            PERFORM pg_advisory_xact_lock(7561577, 2);
            IF EXISTS (SELECT FROM reading_days d WHERE d.day = make_reading_day.day) THEN
                RETURN false;
            END IF;
            EXECUTE format('CREATE TABLE %I (LIKE reading_rows INCLUDING ALL)', name);
            EXECUTE format(
                'ALTER TABLE reading_rows ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name, low, high);
            RETURN true;
        END
    $$;
