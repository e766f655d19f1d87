-- What became of every batch, written in the transaction that stores it: the database's side of the ledger.

CREATE TABLE delivery_accounts (
    producer_id integer NOT NULL,
    sequence bigint NOT NULL,
    readings integer NOT NULL,
    dead_letters integer NOT NULL,
    presence integer NOT NULL,
    -- Of replays whose dead letter had been stored before.
    replayed_before integer NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000);

-- The sums of all accounts below low_water, which housekeeping moves here.
ALTER TABLE producers
    ADD COLUMN readings bigint NOT NULL DEFAULT 0,
    ADD COLUMN dead_letters bigint NOT NULL DEFAULT 0,
    ADD COLUMN presence bigint NOT NULL DEFAULT 0,
    ADD COLUMN replayed_before bigint NOT NULL DEFAULT 0;
