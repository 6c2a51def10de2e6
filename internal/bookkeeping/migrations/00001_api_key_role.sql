-- The role of each secret API key. A key without a row may write.
-- Earlier versions created this table and counted no version for it, so it may exist.
-- +goose Up
CREATE TABLE IF NOT EXISTS linkgraph.api_key_role (
  api_key_id text PRIMARY KEY,
  role text NOT NULL CHECK (role IN ('read-only', 'read-write')),
  created_at timestamptz NOT NULL DEFAULT now()
);

-- +goose Down
DROP TABLE IF EXISTS linkgraph.api_key_role;
