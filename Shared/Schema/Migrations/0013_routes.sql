-- Which instances a reading, or a dead letter, came through: for `sluice trace`.

CREATE TABLE routes (
    route_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The names of the instances, in order, with a space between them.
    route text NOT NULL UNIQUE
);

ALTER TABLE reading_rows ADD COLUMN route_id integer;

ALTER TABLE dead_letters ADD COLUMN route text;
