-- Who may do what in the database: compose.yaml's one-shot `roles` runs this as the superuser, before each start. What is there already stays, but for
-- passwords: those are the ones of the files. Tables, and what each role may do with them, are the one-shot `migrate`'s.
\set ON_ERROR_STOP on
\set owner `cat /run/secrets/owner`
\set writer `cat /run/secrets/sluice`
\set reader `cat /run/secrets/reader`

-- Statements with passwords in them are in no log, whatever postgresql.conf says.
SET log_statement = 'none';
SET log_min_duration_statement = -1;
SET log_min_error_statement = 'panic';
SELECT format('CREATE ROLE %I LOGIN', name) FROM unnest(ARRAY['sluice_owner', 'sluice', 'sluice_reader']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec
ALTER ROLE sluice_owner PASSWORD :'owner';
ALTER ROLE sluice PASSWORD :'writer';
ALTER ROLE sluice_reader PASSWORD :'reader';

SELECT 'CREATE DATABASE sluice OWNER sluice_owner' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'sluice') \gexec
\connect sluice
-- An installation from before there were three roles. Services may be writing; should the two wait for each other, it is theirs to try again.
SET deadlock_timeout = '1min';
ALTER DATABASE sluice OWNER TO sluice_owner;
REASSIGN OWNED BY sluice TO sluice_owner;
