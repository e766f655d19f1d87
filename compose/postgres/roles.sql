-- Run once, by the image, when the data directory is made. storage-writer then makes the tables and migrates them.
\set password `cat /run/secrets/sluice`
CREATE ROLE sluice LOGIN PASSWORD :'password';
CREATE DATABASE sluice OWNER sluice;
