-- From PostgreSQL 17 on JSON is a keyword, and a parameter of that name must be quoted: a database that was made before and moved there has the
-- function without quotes.
CREATE OR REPLACE FUNCTION jsonb_or_null("json" text) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
    RETURN "json"::jsonb;
EXCEPTION
    WHEN data_exception OR program_limit_exceeded THEN
        RETURN NULL;
END
$$;
