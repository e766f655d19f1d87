-- Services may run as a role that writes rows and owns no table. What only an owner can do, they ask of functions that run as the
-- owner; pg_temp comes last in their path, so that nobody puts a table of his own in the place of one of these.

-- Drops the partition of a day that retention has passed. Without the owner's rights a day cannot be detached CONCURRENTLY, which no
-- function can do: for a moment this holds up writers, and rather gives up than makes them wait.
CREATE FUNCTION drop_reading_day(day date) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET lock_timeout = '2s'
    AS $$
        DECLARE
            name text := 'reading_rows_' || to_char(day, 'YYYYMMDD');
        BEGIN
            IF day >= (SELECT (horizon AT TIME ZONE 'UTC')::date FROM retention) THEN
                RAISE EXCEPTION 'readings of % are still kept', day;
            END IF;
            IF to_regclass(quote_ident(name)) IS NULL THEN
                RETURN false;
            END IF;
            IF EXISTS (SELECT FROM pg_inherits WHERE inhrelid = to_regclass(quote_ident(name))) THEN
                EXECUTE format('ALTER TABLE reading_rows DETACH PARTITION %I', name);
            END IF;
            EXECUTE format('DROP TABLE %I', name);
            RETURN true;
        END
    $$;

DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION make_reading_day(date) SECURITY DEFINER SET search_path = %I, pg_temp', current_schema());
    EXECUTE format('ALTER FUNCTION drop_reading_day(date) SET search_path = %I, pg_temp', current_schema());
END
$$;

REVOKE EXECUTE ON FUNCTION make_reading_day(date), drop_reading_day(date) FROM PUBLIC;
