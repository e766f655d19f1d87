-- drop_reading_day as before, but it does not make writers wait. Detaching asks for ACCESS EXCLUSIVE on reading_rows; where somebody
-- reads for long, as pg_dump does, everybody who comes after such a request waits behind it. So it waits for a moment alone, which
-- is enough for writers that are in the middle of a commit, and leaves the rest to a later call: lock_not_available (55P03).
--
-- A partition whose DETACH … CONCURRENTLY was interrupted, by an owner who did this before, is finished.
CREATE OR REPLACE FUNCTION drop_reading_day(day date) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET lock_timeout = '100ms'
    AS $$
        DECLARE
            name text := 'reading_rows_' || to_char(day, 'YYYYMMDD');
            is_pending boolean;
        BEGIN
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
    EXECUTE format('ALTER FUNCTION drop_reading_day(date) SET search_path = %I, pg_temp', current_schema());
END
$$;
