-- Anomalies are what detectors found, reading by reading; an alert is what came of them, from its first breach to its end.

-- What `alerts` has held until now, with the batch that it is written with.
ALTER TABLE alerts RENAME TO anomalies;
ALTER TABLE anomalies RENAME COLUMN alert_id TO anomaly_id;
ALTER TABLE anomalies DROP COLUMN state;
ALTER INDEX alerts_pkey RENAME TO anomalies_pkey;
ALTER INDEX alerts_device_time RENAME TO anomalies_device_time;
ALTER INDEX alerts_time RENAME TO anomalies_time;

-- One row an alert: what it is after its last transition. alert_id is derived from the reading that opened it and the detector.
-- The defaults are for a storage-writer of the version before, which writes its anomalies here until it is upgraded: they
-- pass as alerts that are over.
CREATE TABLE alerts (
    alert_id text PRIMARY KEY,
    -- Of the reading that it opened or last fired with; so are value, unit, location, the anomaly's figures and why.
    time timestamptz NOT NULL,
    device_id text NOT NULL,
    -- Empty for what is said of a device as a whole.
    sensor_type text NOT NULL,
    detector text NOT NULL,
    value double precision,
    unit text NOT NULL DEFAULT '',
    score double precision,
    threshold double precision,
    expected_low double precision,
    expected_high double precision,
    why text NOT NULL,
    location jsonb,
    -- Of the reading that opened it.
    event_id text NOT NULL,
    state text NOT NULL DEFAULT 'resolved' CHECK (state IN ('pending', 'firing', 'acknowledged', 'resolved')),
    severity text NOT NULL DEFAULT 'warning' CHECK (severity IN ('info', 'warning', 'critical')),
    -- Of the last transition applied.
    ordinal bigint NOT NULL DEFAULT 0,
    changed_at timestamptz NOT NULL DEFAULT now(),
    -- When it last began to fire.
    fired_at timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by text,
    resolved_at timestamptz,
    -- What kept its last message back.
    suppressed_by text,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- The fence: whatever detectors believe, no series has two open alerts of one detector.
CREATE UNIQUE INDEX alerts_open ON alerts (device_id, sensor_type, detector) WHERE state <> 'resolved';
CREATE INDEX alerts_state_time ON alerts (state, time);
CREATE INDEX alerts_device_time ON alerts (device_id, time);
CREATE INDEX alerts_changed ON alerts (changed_at, alert_id);

-- Until now nothing but people wrote transitions. What they wrote goes along, with its alert.
ALTER TABLE alert_transitions DROP CONSTRAINT alert_transitions_alert_id_fkey;
DROP INDEX alert_transitions_alert;
ALTER TABLE alert_transitions
    -- 1, 2, 3, … within the alert.
    ADD COLUMN ordinal bigint,
    ADD COLUMN cause text,
    ADD COLUMN why text,
    ADD COLUMN severity text,
    -- 'told', 'suppressed', or 'quiet: ' and why there was nothing to say.
    ADD COLUMN telling text,
    ADD COLUMN suppressed_by text;
UPDATE alert_transitions SET ordinal = numbered.ordinal
FROM (SELECT transition_id, row_number() OVER (PARTITION BY alert_id ORDER BY at, transition_id) AS ordinal
    FROM alert_transitions) AS numbered
WHERE numbered.transition_id = alert_transitions.transition_id;
UPDATE alert_transitions SET note = concat_ws(' ', note, '(' || concat_ws(' to ', from_state, to_state) || ')'),
    from_state = NULL, to_state = 'resolved'
WHERE to_state NOT IN ('pending', 'firing', 'acknowledged', 'resolved')
    OR from_state NOT IN ('pending', 'firing', 'acknowledged', 'resolved');
INSERT INTO alerts (alert_id, time, device_id, sensor_type, detector, value, unit, score, threshold, expected_low,
    expected_high, why, location, event_id, ordinal, created_at)
SELECT anomaly_id, time, device_id, sensor_type, detector, value, unit, score, threshold, expected_low, expected_high, why,
    location, event_id, (SELECT max(ordinal) FROM alert_transitions WHERE alert_id = anomaly_id), created_at
FROM anomalies WHERE anomaly_id IN (SELECT alert_id FROM alert_transitions);
ALTER TABLE alert_transitions
    ALTER COLUMN ordinal SET NOT NULL,
    ADD FOREIGN KEY (alert_id) REFERENCES alerts ON DELETE CASCADE,
    ADD CONSTRAINT alert_transitions_ordinal UNIQUE (alert_id, ordinal);

-- What keeps messages back, for a while. Ended before it expires where ended_at says so.
CREATE TABLE silences (
    silence_id text PRIMARY KEY,
    -- All of them must match: 'device=boiler-1', 'sensor!~door*', …
    matchers text[] NOT NULL CHECK (cardinality(matchers) > 0),
    owner text NOT NULL,
    reason text NOT NULL,
    starts timestamptz NOT NULL,
    expires timestamptz NOT NULL CHECK (starts < expires),
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    ended_by text
);

CREATE INDEX silences_expires ON silences (expires) WHERE ended_at IS NULL;

-- Who has which alert in hand, as people say it; the detector that owns the alert takes it from here.
CREATE TABLE alert_acknowledgements (
    alert_id text PRIMARY KEY REFERENCES alerts ON DELETE CASCADE,
    actor text NOT NULL,
    note text NOT NULL DEFAULT '',
    asked_at timestamptz NOT NULL DEFAULT now(),
    taken_at timestamptz,
    -- What came of it.
    outcome text
);

CREATE INDEX alert_acknowledgements_open ON alert_acknowledgements (asked_at, alert_id) WHERE taken_at IS NULL;

-- jsonb refuses some JSON (\u0000, 1e999999). An alert must not be lost for the sake of its location.
CREATE FUNCTION jsonb_or_null("json" text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
    RETURN "json"::jsonb;
EXCEPTION
    WHEN data_exception OR program_limit_exceeded THEN
        RETURN NULL;
END
$$;
