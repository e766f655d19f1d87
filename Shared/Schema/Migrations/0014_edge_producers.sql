-- What has come from each gateway: a gateway sends a message until it is confirmed, so it may come more than once.
-- Sequences are given without a gap, so this is one range but for what is under way.

CREATE TABLE edge_producers (
    -- The identity of the gateway's spool.
    producer text PRIMARY KEY,
    seen int8multirange NOT NULL DEFAULT '{}',
    changed_at timestamptz NOT NULL DEFAULT now()
);
