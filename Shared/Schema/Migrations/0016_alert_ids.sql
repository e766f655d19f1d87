-- People name an alert by the beginning of its id. The primary key is in the database's collation, which cannot be searched so.
CREATE INDEX alerts_id_beginning ON alerts (alert_id text_pattern_ops);
