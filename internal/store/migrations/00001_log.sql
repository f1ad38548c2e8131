-- +goose Up
CREATE TABLE log_entries (idx BIGINT PRIMARY KEY, data BYTEA NOT NULL);
CREATE TABLE log_hashes (idx BIGINT PRIMARY KEY, hash BYTEA NOT NULL);
CREATE TABLE blobs (hash BYTEA PRIMARY KEY, data BYTEA NOT NULL);

-- +goose Down
DROP TABLE log_entries;
DROP TABLE log_hashes;
DROP TABLE blobs;
