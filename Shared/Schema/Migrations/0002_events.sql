-- What is not a reading: alerts, dead letters, the registry of devices.

-- alert_id is derived from the reading's identity and the detector, so writing one twice is harmless.
CREATE TABLE alerts (
    alert_id text PRIMARY KEY,
    time timestamptz NOT NULL,
    device_id text NOT NULL,
    sensor_type text NOT NULL,
    detector text NOT NULL,
    value double precision NOT NULL,
    unit text NOT NULL DEFAULT '',
    score double precision NOT NULL,
    threshold double precision NOT NULL,
    expected_low double precision NOT NULL,
    expected_high double precision NOT NULL,
    why text NOT NULL,
    location jsonb,
    event_id text NOT NULL,
    state text NOT NULL DEFAULT 'open',
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX alerts_device_time ON alerts (device_id, sensor_type, time);
CREATE INDEX alerts_time ON alerts (time);

-- How an alert went from state to state, and who said so.
CREATE TABLE alert_transitions (
    transition_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id text NOT NULL REFERENCES alerts ON DELETE CASCADE,
    from_state text,
    to_state text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    actor text,
    note text
);

CREATE INDEX alert_transitions_alert ON alert_transitions (alert_id, at);

-- What could not be stored as a reading, with the bytes that publishing to `topic` again would replay.
CREATE TABLE dead_letters (
    dead_letter_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id text NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    stage text NOT NULL,
    topic text NOT NULL,
    payload bytea NOT NULL,
    device_id text,
    received_at timestamptz NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now(),
    sqlstate text
);

CREATE INDEX dead_letters_received ON dead_letters (received_at);

-- Every device that sent a reading or its presence. location and metadata belong to whoever runs the registry; a
-- presence message adds to them.
CREATE TABLE devices (
    device_id text PRIMARY KEY,
    status text,
    status_at timestamptz,
    location jsonb,
    metadata jsonb,
    first_seen timestamptz NOT NULL DEFAULT now(),
    last_seen timestamptz NOT NULL DEFAULT now()
);
