-- Dead letters that are sent through the front door again, and those that operators have given up.

ALTER TABLE dead_letters
    -- What it became is stored since then: set in the transaction that stores it, so it happens once.
    ADD COLUMN replayed_at timestamptz,
    -- When an operator last asked for it.
    ADD COLUMN replay_requested_at timestamptz,
    ADD COLUMN dropped_at timestamptz,
    -- The event_id of the dead letter whose replay became this one.
    ADD COLUMN replay_of text;

CREATE INDEX dead_letters_event ON dead_letters (event_id);
CREATE INDEX dead_letters_replay_of ON dead_letters (replay_of) WHERE replay_of IS NOT NULL;
