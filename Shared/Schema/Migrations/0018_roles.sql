-- Services may run as a role that writes rows and owns no table. What only an owner can do, they ask of functions that run as the
-- owner; pg_temp comes last in their path, so that nobody puts a table of his own in the place of one of these.

-- As before, but as the owner, and for days of our era alone: the name of a partition has no era, and so that of a day BC, which is
-- older than any horizon, is that of a day that is still kept.
CREATE OR REPLACE FUNCTION make_reading_day(day date) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    AS $$
        DECLARE
            name text := 'reading_rows_' || to_char(day, 'YYYYMMDD');
            low timestamptz := day::timestamp AT TIME ZONE 'UTC';
            high timestamptz := (day + 1)::timestamp AT TIME ZONE 'UTC';
        BEGIN
            IF day < date '0001-01-01' THEN
                RAISE EXCEPTION 'no readings are of %', day;
            END IF;
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

-- Drops the partition of a day that retention has passed. Without the owner's rights a day cannot be detached CONCURRENTLY, which no
-- function can do, and detaching asks for ACCESS EXCLUSIVE on reading_rows; where somebody reads for long, as pg_dump does, everybody
-- who comes after such a request waits behind it. So it waits for a moment alone, which is enough for writers that are in the middle of
-- a commit, and leaves the rest to a later call: lock_not_available (55P03).
--
-- A partition whose DETACH … CONCURRENTLY was interrupted, by an owner who did this before, is finished.
CREATE FUNCTION drop_reading_day(day date) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET lock_timeout = '100ms'
    AS $$
        DECLARE
            name text := 'reading_rows_' || to_char(day, 'YYYYMMDD');
            is_pending boolean;
        BEGIN
            IF day < date '0001-01-01' THEN
                RAISE EXCEPTION 'no readings are of %', day;
            END IF;
            IF day >= (SELECT (horizon AT TIME ZONE 'UTC')::date FROM retention) THEN
                RAISE EXCEPTION 'readings of % are still kept', day;
            END IF;
            IF to_regclass(quote_ident(name)) IS NULL THEN
                RETURN false;
            END IF;
            SELECT inhdetachpending INTO is_pending FROM pg_inherits WHERE inhrelid = to_regclass(quote_ident(name));
            IF is_pending THEN
                EXECUTE format('ALTER TABLE reading_rows DETACH PARTITION %I FINALIZE', name);
            ELSIF NOT is_pending THEN
                EXECUTE format('ALTER TABLE reading_rows DETACH PARTITION %I', name);
            END IF;
            EXECUTE format('DROP TABLE %I', name);
            RETURN true;
        END
    $$;

DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION make_reading_day(date) SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION drop_reading_day(date) SET search_path = %I, pg_temp', current_schema());
END
$$;

REVOKE EXECUTE ON FUNCTION make_reading_day(date), drop_reading_day(date) FROM PUBLIC;
